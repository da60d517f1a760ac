import { type Definition, definitionPath } from "../../crd/definition";
import { readDefinition } from "../../crd/readDefinition";
import { type KubernetesList, MetadataOnly } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { everyResource } from "../../kubernetes/everyResource";
import type { Problem } from "../../kubernetes/problem";
import { type BuiltIn, findBuiltIn } from "../builtIn/builtIn";
import {
  groupOfResourceName,
  isResourceNamePattern,
  mayBeCrdName,
  qualifiedResourceName,
} from "../../kubernetes/resourceNames";
import { inBatches } from "../foreign/inBatches";

/** A CRD that somebody else manages, or a built-in resource. */
export type Migratable = { readonly definition: Definition } | { readonly builtIn: BuiltIn };

/**
 * What one name or pattern means now: a pattern CRDs alone. One that vanishes between the list and its turn is none.
 *
 * @throws UserError for a resource that is there and has nothing of ours to migrate
 */
export async function findMigratables(cluster: Cluster, entry: string): Promise<Migratable[]> {
  if (!isResourceNamePattern(entry)) {
    const found = await findMigratableByName(cluster, entry);
    return found === undefined ? [] : [found];
  }
  const found = await inBatches(await crdNamesOfPattern(cluster, entry), (name) => readDefinition(cluster, name));
  return found.flatMap((definition) => (definition === undefined ? [] : [{ definition }]));
}

async function findMigratableByName(cluster: Cluster, name: string): Promise<Migratable | undefined> {
  const definition = mayBeCrdName(name) ? await readDefinition(cluster, name) : undefined;
  if (definition !== undefined) return { definition };
  const builtIn = await findBuiltIn(cluster, name);
  return builtIn && { builtIn };
}

export function nameOfMigratable(found: Migratable): string {
  return "builtIn" in found ? found.builtIn.name : found.definition.metadata.name;
}

/** Nothing is there under this name or pattern. */
export async function describeNoMigratable(cluster: Cluster, entry: string): Promise<Problem> {
  if (isResourceNamePattern(entry)) {
    return {
      what: `${entry} matches no CRD`,
      expected: "at least one CRD of that very group; a pattern means no built-in resource",
      next: "`kubectl get crd` lists the names; name built-in resources one by one (deployments.apps)",
    };
  }
  const { listable } = await everyResource(cluster);
  const alike = listable.map(qualifiedResourceName).filter((name) => name.split(".")[0] === entry.split(".")[0]);
  const found = alike.length === 0 ? "" : `; found ${alike.sort().join(", ")}`;
  return {
    what: `${entry}: there is no such CRD in the cluster, and no such built-in resource${found}`,
    expected: "metadata.name of a CRD (PLURAL.GROUP), or a built-in resource (secrets, deployments.apps)",
    next: "`kubectl get crd` and `kubectl api-resources` list the names",
  };
}

/** Names of the CRDs of a pattern's group, live, sorted; empty where there is none. */
export async function crdNamesOfPattern(cluster: Cluster, pattern: string): Promise<string[]> {
  const path = definitionPath("").replace(/\/$/, "");
  const list = await cluster.call<KubernetesList>({ method: "GET", path, accept: MetadataOnly.list });
  return (list.items ?? [])
    .map(({ metadata }) => metadata.name)
    .filter((name) => groupOfResourceName(name) === groupOfResourceName(pattern))
    .sort();
}
