import * as pulumi from "@pulumi/pulumi";
import {
  checkConversionUrl,
  checkConversionHasOneAddress,
  refuseTwoConversions,
  webhookConversionAt,
  webhookConversion,
  type ConversionArgs,
} from "./conversion";
import type { Definition } from "./definition";
import { base64CaBundle } from "./caBundle";

/** `conversion` as a program may give it: each part may be another resource's output. */
export type ConversionInputs = { [Key in keyof ConversionArgs]?: pulumi.Input<NonNullable<ConversionArgs[Key]>> };

/** The manifest as the phases take it. */
export interface ManifestInputs {
  /** Without a conversion that waits for another resource. An output only where the program itself does not hold it yet. */
  definition: pulumi.Output<Definition> | Definition;
  /** The definition with that conversion in its place, so that preview misses only what it cannot know. */
  whole: pulumi.Input<unknown>;
  conversion: pulumi.Input<unknown>;
}

/** Everything in one: of an output, what is unknown in it makes all of it unknown. */
export function manifestInputsInOne(definition: ManifestInputs["definition"]): ManifestInputs {
  return {
    definition,
    whole: definition,
    conversion: readManifestInput(definition, ({ spec }) => spec.conversion ?? null),
  };
}

/** What a definition says. What is known stays plain: an output takes the SDK ten times as long, and is made for each input of each phase. */
export function readManifestInput<T>(definition: ManifestInputs["definition"], read: (definition: Definition) => T) {
  return pulumi.Output.isInstance(definition) ? definition.apply(read) : read(definition);
}

/** A manifest that is known, and a conversion of which some part waits for another resource, say for a certificate. */
export function manifestInputsWithLateConversion(definition: Definition, conversion: unknown): ManifestInputs {
  return {
    definition,
    whole: { ...definition, spec: { ...definition.spec, conversion } },
    conversion,
  };
}

/** What `conversion` says, as spec.conversion holds it, part by part. */
export function lateConversionOfManifestInputs(
  manifest: Definition,
  given: pulumi.Input<ConversionInputs>,
  checked: <T>(work: () => T) => T,
): pulumi.Input<unknown> {
  const { name } = manifest.metadata;
  checked(() => refuseTwoConversions(manifest));
  if (pulumi.Output.isInstance(given) || given instanceof Promise) {
    return pulumi.output(given).apply((args) => checked(() => webhookConversion(name, args as ConversionArgs)));
  }
  checked(() => checkConversionHasOneAddress(name, given));
  const { url, service, caBundle } = given;
  const https = (value: string): string => checked(() => checkConversionUrl(name, value));
  return webhookConversionAt({
    ...(url !== undefined && { url: pulumi.output(url).apply(https) }),
    ...(service !== undefined && { service }),
    ...(caBundle !== undefined && { caBundle: pulumi.output(caBundle).apply(base64CaBundle) }),
  });
}

/** True when nothing in it has to be waited for. */
export function isPlainManifestInput(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (pulumi.Output.isInstance(value) || value instanceof Promise) return false;
  return Object.values(value).every(isPlainManifestInput);
}

/** A manifest without its conversion, and that apart, where all the rest of it is known already. */
export function splitManifestInput(crd: unknown): { rest: unknown; conversion: unknown } | undefined {
  const spec = (crd as { spec?: unknown } | null | undefined)?.spec;
  if (typeof spec !== "object" || spec === null || pulumi.Output.isInstance(spec) || spec instanceof Promise) {
    return undefined;
  }
  const { conversion, ...others } = spec as { conversion?: unknown };
  const rest = { ...(crd as object), spec: others };
  return isPlainManifestInput(rest) ? { rest, conversion } : undefined;
}
