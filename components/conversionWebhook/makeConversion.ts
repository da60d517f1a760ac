import type * as pulumi from "@pulumi/pulumi";
import type { Conversion } from "../conversion";
import type { ConversionInputs } from "../crd/manifestInputs";
import { clusterChoiceInputs } from "../provider/clusterChoice";
import { withRefusal } from "../provider/refusal";
import type { ConversionWebhookArgs } from "./args";
import { bundleConversion } from "./bundle";
import { createCertificate } from "./createCertificate";
import type { Site } from "./sealingKeys";
import { loadConversion } from "./loadConversion";
import { checkWebhookArgs } from "./checkWebhookArgs";
import { tryLaws } from "./tryLaws";
import { createWorkload } from "./workload";

const NODE_IMAGE = "docker.io/library/node:22.14.0-bookworm-slim";

/** What a ConversionWebhook is, once its resources are made. */
export interface Made {
  readonly definition: Conversion | undefined;
  readonly conversion: pulumi.Input<ConversionInputs> | undefined;
  readonly crdAnnotations: Readonly<Record<string, string>>;
}

/** Checks, tries and bundles the conversion, and makes what serves it. Loaded when first used: a program that only moves CRDs needs none of it. */
export function makeConversion(component: pulumi.ComponentResource, name: string, args: ConversionWebhookArgs): Made {
  withRefusal(component, () => checkWebhookArgs(args));
  const { conversion: file, url, caBundle } = args;
  const definition = file === undefined ? undefined : withRefusal(component, () => loadConversion(file));
  withRefusal(component, () => tryLaws(definition, args));
  if (definition?.isIdentity === true) return { definition, conversion: undefined, crdAnnotations: {} };
  if (url !== undefined) {
    return { definition, conversion: { url, ...(caBundle !== undefined && { caBundle }) }, crdAnnotations: {} };
  }
  return { definition, ...makeServedConversion(component, name, args) };
}

function makeServedConversion(component: pulumi.ComponentResource, name: string, args: ConversionWebhookArgs) {
  const { conversion: file, certificate = { own: {} }, replicas = 2, keys, namespace = "default" } = args;
  const site: Site = { name, namespace, opts: { parent: component }, cluster: clusterChoiceInputs(args) };
  const bundle = file === undefined ? undefined : withRefusal(component, () => bundleConversion(file));
  const { secret, caBundle, crdAnnotations } = createCertificate(site, certificate);
  const image = args.image ?? args.nodeImage ?? NODE_IMAGE;
  const service = createWorkload({ site, image, bundle, replicas, certificate: secret, keys });
  const address = service.apply((found) => ({ ...found, path: "/convert", port: 443 }));
  return { conversion: { service: address, ...(caBundle !== undefined && { caBundle }) }, crdAnnotations };
}
