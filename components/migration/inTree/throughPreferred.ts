import { preferredVersion } from "../../crd/versionNames";

/**
 * The version through which a StorageVersionMigration would convert objects that are to be stored in another, and lose what it
 * does not know; undefined where it converts none. From v1beta1 on it names no version, and kube-controller-manager goes through
 * the preferred one (storageversionmigrator.go, resourceFor).
 *
 * @param api of storagemigration.k8s.io
 * @param served versions of the CRD
 */
export function notInTreeThrough(api: string, storage: string, served: readonly string[]): string | undefined {
  const preferred = preferredVersion(served);
  return api === "v1alpha1" || preferred === storage ? undefined : preferred;
}
