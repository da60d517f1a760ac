import { definitionPath } from "../../crd/definition";
import { type KubernetesList, MetadataOnly } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { UserError } from "../../kubernetes/errors";
import { mayBeCrd } from "../../kubernetes/rights/migrationRights";

/** `ciliumnodes.cilium.io`, `secrets`, or `*.cilium.io` for every CRD of that very group. */
const ENTRY = /^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** @throws UserError for what names neither a resource nor a group */
export function assertIsResourceOrPattern(entry: string): void {
  if (ENTRY.test(entry)) return;
  throw new UserError({
    what: `resource ${JSON.stringify(entry)}`,
    expected:
      "metadata.name of a CRD, such as ciliumnodes.cilium.io, *.cilium.io for every CRD of that group, or a built-in resource, such as secrets or deployments.apps",
    next: "`kubectl get crd` and `kubectl api-resources` list the names",
  });
}

/** @throws UserError for what cannot be metadata.name of a CRD: its group has a dot */
export function assertIsCrdName(name: string): void {
  if (ENTRY.test(name) && mayBeCrd(name) && !isCrdNamePattern(name)) return;
  throw new UserError({
    what: `resource ${JSON.stringify(name)}`,
    expected: "metadata.name of a CRD, such as ciliumnodes.cilium.io",
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
