import type { Resource } from "../../kubernetes/api";
import { qualifiedResourceName } from "../../kubernetes/resourceNames";
import { UserError } from "../../kubernetes/errors";
import type { ListableResource } from "../../kubernetes/everyResource";
import type { Problem } from "../../kubernetes/problem";
import { isFollowedByInTreeMigrator } from "../../migration/inTree/inTree";
import type { MigrationSubject } from "../../migration/inTree/storageVersionMigration";
import { isWildcardResourcePattern, resourcePatternMatches } from "../configuration/resourcePatterns";
import type { OwnResources } from "./ownResources";

export interface RotatedResource extends Resource {
  /** As an EncryptionConfiguration names it: `secrets`, `databases.example.com`. */
  readonly name: string;
  /** kube-controller-manager's migrator can rewrite it: it follows objects through the garbage collector's watches. */
  readonly inTree: boolean;
  /** Versions of its group that an aggregated API serves: through those, nobody meets what kube-apiserver stores. */
  readonly aggregated: readonly string[];
  /** Where it is a custom one. */
  readonly crd?: MigrationSubject["crd"];
}

export interface KeyedResource extends RotatedResource {
  /** Label of the key that is first for it in the file: `secretbox:2026-11`, `identity`, `kms:vault`. */
  readonly writeKey: string;
}

/**
 * Every resource that these patterns name (`secrets`, `databases.example.com`, `*.`, `*.apps`, `*.*`), sorted by name. Pure.
 *
 * @throws UserError: one that is named is not served, is not stored, or belongs to an aggregated API with an etcd of its own
 */
export function selectRotatedResources(
  patterns: readonly string[],
  { listable, aggregated }: OwnResources,
): RotatedResource[] {
  const named = new Map<string, RotatedResource>();
  for (const pattern of patterns) {
    const found = listable.filter((resource) => resourcePatternMatches(pattern, resource) && isStored(resource));
    if (found.length === 0 && !isWildcardResourcePattern(pattern))
      throw new UserError(describeUnserved(pattern, listable, aggregated));
    for (const resource of found) named.set(qualifiedResourceName(resource), asRotatedResource(resource, aggregated));
  }
  // Cohabiting: stored as core events, whatever the group through which they are read (pkg/kubeapiserver/default_storage_factory_builder.go).
  if (named.has("events")) named.delete("events.events.k8s.io");
  return [...named.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function asRotatedResource(resource: ListableResource, aggregated: readonly string[]): RotatedResource {
  const { group, version, plural, verbs } = resource;
  return {
    group,
    version,
    plural,
    name: qualifiedResourceName(resource),
    inTree: isFollowedByInTreeMigrator({ plural, verbs }),
    aggregated: aggregated.filter((each) => each.startsWith(`${group}/`)).map((each) => each.slice(group.length + 1)),
  };
}

/** Discovery shows no `patch` of a CRD that is being deleted; its objects wait for their finalizers, and a PATCH is still answered. */
function isStored({ verbs }: ListableResource): boolean {
  return verbs.includes("patch") || verbs.includes("delete");
}

function describeUnserved(
  pattern: string,
  listable: readonly ListableResource[],
  aggregated: readonly string[],
): Problem {
  const head = `resources: "${pattern}"`;
  const found = listable.find((resource) => qualifiedResourceName(resource) === pattern);
  const [plural = "", ...domain] = pattern.split(".");
  const group = domain.join(".");
  // One that does not answer shows no resources, and is none of kube-apiserver's all the same.
  const served = aggregated.find((each) => each.startsWith(`${group}/`));
  if (served !== undefined) {
    return {
      what: `${head} is served by an aggregated API server (the APIService of ${served} names a Service), which has an etcd and an encryption of its own`,
      expected: "a resource that kube-apiserver stores",
      next: "take it out of `resources`, and rotate it where it is stored",
    };
  }
  if (found !== undefined) {
    return {
      what: `${head} can be listed, but neither patched nor deleted: it has no objects of its own in etcd`,
      expected: "a resource whose objects are stored",
      next: "take it out of `resources`",
    };
  }
  const alike = listable.map(qualifiedResourceName).filter((name) => name.split(".")[0] === plural);
  const close = alike.length > 0 ? `found ${alike.join(", ")}` : "found none of that name";
  return {
    what: `${head} is not served by this cluster; ${close}`,
    expected: "PLURAL or PLURAL.GROUP as in kubectl api-resources",
    next: "correct the name in `resources`, or install what serves it first",
  };
}
