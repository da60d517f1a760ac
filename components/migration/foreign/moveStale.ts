import { type KubernetesObject, objectName, type Resource } from "../../kubernetes/api";
import type { ClusterWork } from "../../kubernetes/cluster";
import { UserError } from "../../kubernetes/errors";
import { moveManagedFields, moveManagedFieldsOf } from "../managedFields";
import { withFailures } from "../rewrite/failures";

/** What became of one CRD or built-in resource. */
export interface MigrationResult {
  /** Which versions are stored: status.storedVersions before → after, or the storage version of a built-in resource. */
  readonly stored: string;
  /** Objects proven to be stored in the storage version; undefined where nothing had to be rewritten. */
  readonly proven?: number;
  /** Of them, those whose bytes our own pass changed. */
  readonly rewritten?: number;
  /** One sentence. */
  readonly summary: string;
}

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
  if (result.failedCount === 0) return result.moved;
  const problem = {
    what: `${name}: managedFields of ${result.failedCount} objects still name versions that are not served`,
    expected: "none",
    next: "fix these objects and run `pulumi up` again",
  };
  throw new UserError(withFailures(problem, result.failed, result.failedCount));
}

export function describeMovedStale(moved: number): string {
  return moved === 0 ? "" : `, managedFields of ${moved} moved`;
}
