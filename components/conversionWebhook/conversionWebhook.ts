import { createRequire } from "module";
import * as pulumi from "@pulumi/pulumi";
import type { Conversion } from "../conversion";
import type { ConversionInputs } from "../crd/manifestInputs";
import type { ConversionWebhookArgs } from "./args";
import type * as Parts from "./makeConversion";

const load = createRequire(__filename);

/**
 * A conversion webhook: a conversion written once in TypeScript, tried, bundled, and run as a Deployment behind a Service.
 * Give it to a VersionedCRD as its `conversion`; the CRD then waits until it answers, and lets go of it before it goes.
 */
export class ConversionWebhook extends pulumi.ComponentResource {
  /** Where it answers; undefined where no version differs from another, and conversion None will do. */
  readonly conversion: pulumi.Input<ConversionInputs> | undefined;
  /** Annotations that a CRD needs which uses it. */
  readonly crdAnnotations: Readonly<Record<string, string>>;
  /** Two underscores keep it out of the outputs of a program that exports the component. */
  readonly __definition: Conversion | undefined;

  constructor(name: string, args: ConversionWebhookArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kubernetes-storage-migration:index:ConversionWebhook", name, {}, opts);
    const { makeConversion } = load("./makeConversion") as typeof Parts;
    const made = makeConversion(this, name, args);
    this.conversion = made.conversion;
    this.crdAnnotations = made.crdAnnotations;
    this.__definition = made.definition;
    this.registerOutputs({});
  }
}
