import type { KubernetesObject } from "../../kubernetes/api";
import { droppedVersionsInManagedFields } from "../managedFields";

/**
 * Objects whose managedFields name versions of their group that are not served, and the sentence of the plan about them, if any.
 *
 * @param version the storage version
 */
export function planMovingStale(
  objects: readonly KubernetesObject[],
  { group, version, served }: { readonly group: string; readonly version: string; readonly served: readonly string[] },
): { stale: KubernetesObject[]; moving: string[] } {
  const named = objects.map((object) => droppedVersionsInManagedFields(object, group, { allBut: served }));
  const stale = objects.filter((_, index) => (named[index] ?? []).length > 0);
  const from = [...new Set(named.flat())].sort();
  const moving =
    from.length === 0 ? [] : [`managedFields ${from.join(", ")} → ${group}/${version}: not served any more`];
  return { stale, moving };
}
