/** The current apiVersion and kind of a file: what we write. */
export const API_VERSION = "apiserver.config.k8s.io/v1";
export const KIND = "EncryptionConfiguration";

/**
 * What Kubernetes' documentation once said by mistake. The API server reads it to this day, with the same fields.
 * https://github.com/kubernetes/kubernetes/blob/v1.37.0/staging/src/k8s.io/apiserver/pkg/apis/apiserver/v1/register.go#L55
 */
export const FORMER_API_VERSION = "v1";
export const FORMER_KIND = "EncryptionConfig";

export interface Form {
  apiVersion?: unknown;
  kind?: unknown;
}

export function isCurrentConfigurationForm({ apiVersion, kind }: Form): boolean {
  return apiVersion === API_VERSION && kind === KIND;
}

/** An empty group before the version (`/v1`) is no group. */
export function isFormerConfigurationForm({ apiVersion, kind }: Form): boolean {
  return (apiVersion === FORMER_API_VERSION || apiVersion === `/${FORMER_API_VERSION}`) && kind === FORMER_KIND;
}
