import { UserError } from "./errors";

/** A namespace and an object that nobody has: a list of it is answered at once, and is empty. */
export const NOBODY = "kubernetes-storage-migration";

/** `ciliumnodes.cilium.io`, `secrets`, or `*.cilium.io` for every CRD of that very group. */
const ENTRY = /^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** @throws UserError for what names neither a resource nor a group */
export function assertIsResourceNameOrPattern(entry: string): void {
  if (ENTRY.test(entry)) return;
  throw new UserError({
    what: `resource ${JSON.stringify(entry)} is no name of a resource`,
    expected:
      "metadata.name of a CRD, such as ciliumnodes.cilium.io, *.cilium.io for every CRD of that group, or a built-in resource, such as secrets or deployments.apps",
    next: "`kubectl get crd` and `kubectl api-resources` list the names",
  });
}

/** @throws UserError for what cannot be metadata.name of a CRD: its group has a dot */
export function assertIsCrdName(name: string): void {
  if (ENTRY.test(name) && mayBeCrdName(name) && !isResourceNamePattern(name)) return;
  throw new UserError({
    what: `resource ${JSON.stringify(name)} is no name of a CRD`,
    expected: "metadata.name of a CRD, such as ciliumnodes.cilium.io",
    next: "`kubectl get crd` lists the names",
  });
}

export function isResourceNamePattern(entry: string): boolean {
  return entry.startsWith("*");
}

/** `example.com` of `databases.example.com` and of `*.example.com`; `.` of `*.*`, which may be any. */
export function groupOfResourceName(pattern: string): string {
  return pattern === "*.*" ? "." : pattern.split(".").slice(1).join(".");
}

/** A CRD's group has a dot. */
export function mayBeCrdName(resource: string): boolean {
  return groupOfResourceName(resource).includes(".");
}

/** Kubernetes' own groups with a dot end so, and those of some CRDs. */
export function mayBeBuiltInName(resource: string): boolean {
  return (
    !isResourceNamePattern(resource) && (!mayBeCrdName(resource) || groupOfResourceName(resource).endsWith(".k8s.io"))
  );
}

/** `secrets`, `deployments.apps`. */
export function qualifiedResourceName({ group, plural }: { group: string; plural: string }): string {
  return group === "" ? plural : `${plural}.${group}`;
}
