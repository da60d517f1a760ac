import { type KubernetesObject, objectName, type Resource } from "../../kubernetes/api";
import type { ClusterWork } from "../../kubernetes/cluster";
import { moveManagedFields, moveManagedFieldsOf } from "../managedFields";
import { assertNoneFailed } from "../rewrite/failures";

/** Objects whose managedFields are to name none but the served versions. */
export interface StaleObjects {
  /** metadata.name of the CRD, or the built-in resource's. */
  readonly name: string;
  /** At its storage version. */
  readonly resource: Resource;
  readonly served: readonly string[];
}

/**
 * The sampled objects last: were we killed before, the next plan would find them again, and with them the others.
 *
 * @returns the summary
 */
export async function moveStaleOnly(
  objects: StaleObjects,
  sampled: readonly KubernetesObject[],
  work: ClusterWork,
): Promise<string> {
  let moved = await moveStale(objects, work, new Set(sampled.map(objectName)));
  for (const object of sampled) {
    const dropped = { allBut: objects.served };
    if (await moveManagedFieldsOf(work.cluster, objects.resource, object, dropped, work)) moved++;
  }
  return `proven before${describeMovedStale(moved)}`;
}

/** @returns of how many they were moved @throws UserError naming those that could not be */
export async function moveStale(
  { name, resource, served }: StaleObjects,
  work: ClusterWork,
  skip: ReadonlySet<string> = new Set(),
): Promise<number> {
  const result = await moveManagedFields(work.cluster, resource, { allBut: served }, work, skip);
  assertNoneFailed(result, {
    what: `${name}: managedFields of ${result.failedCount} objects still name versions that are not served`,
    next: "fix these objects and run `pulumi up` again",
  });
  return result.moved;
}

export function describeMovedStale(moved: number): string {
  return moved === 0 ? "" : `, managedFields of ${moved} moved`;
}
