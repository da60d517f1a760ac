import { definitionPath } from "../../crd/definition";
import { type KubernetesList, MetadataOnly } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { UserError } from "../../kubernetes/errors";

/** `ciliumnodes.cilium.io`, or `*.cilium.io` for every CRD of that very group. */
const ENTRY = /^(\*|[a-z0-9]([a-z0-9-]*[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/;

/** @throws UserError for what names neither a CRD nor a group */
export function assertIsCrdNameOrPattern(entry: string): void {
  if (ENTRY.test(entry)) return;
  throw new UserError({
    what: `resource ${JSON.stringify(entry)}`,
    expected: "metadata.name of a CRD, such as ciliumnodes.cilium.io, or *.cilium.io for every CRD of that group",
    why: "built-in resources have no storedVersions that block an upgrade",
    next: "`kubectl get crd` lists the names",
  });
}

export function isCrdNamePattern(entry: string): boolean {
  return entry.startsWith("*.");
}

/** The group of a CRD by its name: a plural has no dot. */
export function groupOfCrdName(name: string): string {
  return name.slice(name.indexOf(".") + 1);
}

/** Names of the CRDs of a pattern's group, live, sorted; empty where there is none. */
export async function crdNamesOfPattern(cluster: Cluster, pattern: string): Promise<string[]> {
  const path = definitionPath("").replace(/\/$/, "");
  const list = await cluster.call<KubernetesList>({ method: "GET", path, accept: MetadataOnly.list });
  return (list.items ?? [])
    .map(({ metadata }) => metadata.name)
    .filter((name) => groupOfCrdName(name) === groupOfCrdName(pattern))
    .sort();
}
