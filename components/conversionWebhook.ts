import * as pulumi from "@pulumi/pulumi";
import { bundleConversion } from "./conversionWebhook/bundle";
import { createCertificate } from "./conversionWebhook/certificates";
import { loadConversion } from "./conversionWebhook/load";
import { checkArgs } from "./conversionWebhook/refusals";
import { tryLaws } from "./conversionWebhook/tryLaws";
import { createWorkload, type Site } from "./conversionWebhook/workload";
import type { ConversionWebhookArgs } from "./conversionWebhookArgs";
import type { Conversion } from "./conversion";
import type { ConversionInputs } from "./manifestInputs";
import { asResourceError, refusal } from "./refusal";

const NO_CERTIFICATE =
  "no certificate; expected certificate: { given: { cert, key, ca } } or { certManager: { issuer: { name } } }";
const NODE_IMAGE = "docker.io/library/node:22.14.0-bookworm-slim";

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
    asResourceError(this, () => checkArgs(args));
    const { conversion: file } = args;
    this.__definition = file === undefined ? undefined : asResourceError(this, () => loadConversion(file));
    asResourceError(this, () => tryLaws(this.__definition, args));
    const made = this.__definition?.isIdentity === true ? nothing() : this.create(name, args);
    this.conversion = made.conversion;
    this.crdAnnotations = made.crdAnnotations;
    this.registerOutputs({});
  }

  private create(name: string, args: ConversionWebhookArgs): Made {
    if (args.url !== undefined) {
      const { url, caBundle } = args;
      return { conversion: { url, ...(caBundle !== undefined && { caBundle }) }, crdAnnotations: {} };
    }
    const site: Site = { name, namespace: args.namespace ?? "default", opts: { parent: this } };
    const { conversion: file, certificate, replicas = 2, keys } = args;
    if (certificate === undefined) throw refusal(this, NO_CERTIFICATE);
    const bundle = file === undefined ? undefined : asResourceError(this, () => bundleConversion(file));
    const serving = createCertificate(site, certificate);
    const service = createWorkload({
      site,
      image: args.image ?? args.nodeImage ?? NODE_IMAGE,
      bundle,
      replicas,
      certificate: serving.secret,
      keys,
    });
    const { caBundle, crdAnnotations } = serving;
    const address = service.apply((found) => ({ ...found, path: "/convert", port: 443 }));
    return { conversion: { service: address, ...(caBundle !== undefined && { caBundle }) }, crdAnnotations };
  }
}

interface Made {
  conversion: pulumi.Input<ConversionInputs> | undefined;
  crdAnnotations: Record<string, string> | Readonly<Record<string, string>>;
}

function nothing(): Made {
  return { conversion: undefined, crdAnnotations: {} };
}
