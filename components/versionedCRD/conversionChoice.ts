import * as pulumi from "@pulumi/pulumi";
import type { ConversionWebhook } from "../conversionWebhook/conversionWebhook";
import type { Definition } from "../crd/definition";
import type { ConversionInputs } from "../crd/manifestInputs";
import { UserError } from "../kubernetes/errors";
import { conversionCovers } from "./checks/conversionCovers";

/** What a program may give as `conversion`. */
export type ConversionChoice = pulumi.Input<ConversionInputs> | ConversionWebhook;

/** A choice taken apart. */
export interface ChosenConversion {
  readonly address: pulumi.Input<ConversionInputs> | undefined;
  /** The manifest with what a ConversionWebhook needs on it. @throws UserError where the two speak of different things */
  readonly completed: (manifest: Definition) => Definition;
}

export function readConversionChoice(choice: ConversionChoice | undefined): ChosenConversion {
  if (!isConversionWebhook(choice)) return { address: choice, completed: (manifest) => manifest };
  const { conversion: address, crdAnnotations, __definition: converted } = choice;
  const completed = (manifest: Definition): Definition => {
    const problems = converted === undefined ? [] : conversionCovers(manifest, converted);
    if (problems.length > 0) throw new UserError(problems.join("\n"));
    if (Object.keys(crdAnnotations).length === 0) return manifest;
    const annotations = { ...manifest.metadata.annotations, ...crdAnnotations };
    return { ...manifest, metadata: { ...manifest.metadata, annotations } };
  };
  return { address, completed };
}

/** By its shape: a program and a library of it may each have a copy of this package. */
function isConversionWebhook(value: unknown): value is ConversionWebhook {
  return pulumi.ComponentResource.isInstance(value) && "crdAnnotations" in value;
}
