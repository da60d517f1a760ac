import * as pulumi from "@pulumi/pulumi";

/** What must be known of a CRD to write an object of it down in a program. */
export interface Kind {
  /** metadata.name of the CRD. */
  crd: string;
  group: string;
  kind: string;
  /** The manifest's versions, in its order. */
  versions: { name: string; served: boolean }[];
  /** The manifest's storage version: what a new object is written as. */
  storage: string;
}

/**
 * The kind in a manifest as the program gave it; undefined where one of these names is another resource's output. Type
 * tokens and aliases must be known when a resource is registered.
 */
export function kindOf(manifest: unknown): Kind | undefined {
  const { metadata, spec } = record(manifest);
  const { group, names, versions } = record(spec);
  const { kind } = record(names);
  if (typeof group !== "string" || typeof kind !== "string" || !Array.isArray(versions)) return undefined;
  const found = versions.map(record);
  const storage = found.find((version) => version["storage"] === true)?.["name"];
  if (typeof storage !== "string" || found.some(({ name }) => typeof name !== "string")) return undefined;
  const name = record(metadata)["name"];
  return {
    crd: typeof name === "string" ? name : kind,
    group,
    kind,
    versions: found.map((version) => ({ name: String(version["name"]), served: version["served"] === true })),
    storage,
  };
}

/** `kubernetes:example.com/v2:Database`, the type token of an object at a version. */
export function typeTokenOfKind({ group, kind }: Kind, version: string): string {
  return `kubernetes:${group}/${version}:${kind}`;
}

/** The version in the type token of an object of this kind; undefined for any other resource. */
export function versionOfKindIn({ group, kind }: Kind, type: string): string | undefined {
  const [provider, apiVersion = "", name] = type.split(":");
  const [prefix, version] = apiVersion.split("/");
  return provider === "kubernetes" && prefix === group && name === kind ? version : undefined;
}

/**
 * Every version in which an object of this kind may stand in a Pulumi state: the manifest's, those the user names, and
 * the usual names of what came before. A version may leave the manifest in the very `up` in which the object leaves it,
 * and an alias that matches nothing costs nothing; one that is missing costs the object.
 */
export function everyVersionOfKind(kind: Kind, former: readonly string[]): string[] {
  return [...new Set([...kind.versions.map(({ name }) => name), ...former, ...usualPredecessors(kind)])];
}

/** The versions that an object made by hand should have an alias for; without guesses, so that a new kind warns of nothing. */
export function likelyVersionsOfKind(kind: Kind, former: readonly string[]): string[] {
  const names = kind.versions.map(({ name }) => name);
  const major = Number(/^v(\d+)$/.exec(names.join())?.[1] ?? 0); // of the only version there is
  return [...new Set([...names, ...former, ...(major > 1 ? [`v${major - 1}`] : [])])];
}

/** How far back the usual names go. */
const MAJORS = 3;
const STEPS = [1, 2, 3];

/** https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#version-priority */
function usualPredecessors({ versions }: Kind): string[] {
  const majors = versions.map(({ name }) => Number(/^v(\d+)/.exec(name)?.[1] ?? 0));
  const newest = Math.max(...majors);
  const candidates = Array.from({ length: MAJORS }, (_, back) => newest - back).filter((major) => major > 0);
  return candidates.flatMap((major) => [
    `v${major}`,
    ...STEPS.map((step) => `v${major}beta${step}`),
    ...STEPS.map((step) => `v${major}alpha${step}`),
  ]);
}

function record(value: unknown): Record<string, unknown> {
  const isPlain = typeof value === "object" && value !== null && !pulumi.Output.isInstance(value);
  return isPlain ? (value as Record<string, unknown>) : {};
}
