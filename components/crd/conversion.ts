import { UserError } from "../kubernetes/errors";
import { type Conversion, type Definition } from "./definition";
import { base64CaBundle } from "./caBundle";

/** Where the conversion webhook answers, when the manifest itself does not say so. */
export interface ConversionArgs {
  /** `https://…` as the API servers reach it. Exactly one of `url` and `service`. */
  url?: string;
  /** The Service in the cluster that leads to the webhook. Exactly one of `url` and `service`. */
  service?: { namespace: string; name: string; path?: string; port?: number };
  /**
   * PEM (or base64 of it) that signs the webhook's certificate. Default: the API servers' own trust roots, or what
   * another controller injects into the CRD.
   */
  caBundle?: string;
}

/**
 * The manifest with the conversion it is to be served with.
 *
 * @throws UserError when manifest and argument both name one: which of the two was meant is not ours to guess
 */
export function withConversion(manifest: Definition, args: ConversionArgs | undefined): Definition {
  if (args === undefined) return manifest;
  refuseTwoConversions(manifest);
  return { ...manifest, spec: { ...manifest.spec, conversion: webhookConversion(manifest.metadata.name, args) } };
}

/** @throws UserError when the manifest names a webhook and `conversion` is to give another */
export function refuseTwoConversions(manifest: Definition): void {
  if (!isWebhookConversion(manifest.spec.conversion)) return;
  throw new UserError({
    what: `${manifest.metadata.name}: both the manifest (spec.conversion) and \`conversion\` name a webhook`,
    expected: "one of them",
    next: "remove either",
  });
}

/** @throws UserError for what the API server would refuse */
export function webhookConversion(crd: string, args: ConversionArgs): Conversion {
  const { url, service, caBundle } = args;
  checkConversionHasOneAddress(crd, args);
  return webhookConversionAt({
    ...(url !== undefined && { url: checkConversionUrl(crd, url) }),
    ...(service !== undefined && { service }),
    ...(caBundle !== undefined && { caBundle: base64CaBundle(caBundle) }),
  });
}

/** spec.conversion of a webhook; a part of it may be a promise of one. */
export function webhookConversionAt<ClientConfig>(clientConfig: ClientConfig) {
  return { strategy: "Webhook", webhook: { clientConfig, conversionReviewVersions: ["v1"] } };
}

/** @throws UserError unless exactly one of the two is given */
export function checkConversionHasOneAddress(
  crd: string,
  { url, service }: { url?: unknown; service?: unknown },
): void {
  if ((url === undefined) !== (service === undefined)) return;
  throw new UserError({
    what: `${crd}: \`conversion\` has ${url === undefined ? "neither url nor service" : "url and service"}`,
    expected: "exactly one",
    next: url === undefined ? "give the webhook's https:// url or its Service" : "remove one of them",
  });
}

/** @throws UserError for an address that is not https:// */
export function checkConversionUrl(crd: string, url: string): string {
  if (url.startsWith("https://")) return url;
  // https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#url
  throw new UserError({
    what: `${crd}: \`conversion.url\` is ${url}`,
    expected: "https:// (the API server refuses anything else)",
    next: "serve the webhook over TLS",
  });
}

/** `None` or `Webhook https://…`: the conversion as one reads it in a plan. */
export function describeConversion(conversion: Conversion | undefined): string {
  if (!isWebhookConversion(conversion)) return "None";
  const client = conversion?.webhook?.clientConfig;
  if (client?.url !== undefined) return `Webhook ${client.url}`;
  const service = client?.service;
  // In preview the name of a Service may be unknown.
  return service?.name === undefined ? "Webhook" : `Webhook ${service.namespace}/${service.name}${service.path ?? ""}`;
}

export function isWebhookConversion(conversion: Conversion | undefined): boolean {
  return conversion?.strategy === "Webhook";
}
