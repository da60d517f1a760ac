import { storageVersion, type Definition } from "../crd/definition";
import { whyProven } from "../migration/definition/proof";
import { recordedProof } from "../migration/definition/recordedOnDefinition";
import type { CrdFacts, ProofFacts } from "./facts";
import { manifestOwners } from "./manifestOwners";

export type DefinitionFacts = Omit<CrdFacts, "objects" | "webhook" | "sample" | "requests" | "proof" | "outlived">;

/** What the definition alone tells: schemas, which may be large, are let go. */
export function definitionFacts(live: Definition): DefinitionFacts {
  const { metadata, spec, status } = live;
  return {
    name: metadata.name,
    group: spec.group,
    kind: spec.names.kind,
    plural: spec.names.plural,
    scope: spec.scope,
    generation: metadata.generation ?? 0,
    storage: storageVersion(live),
    storedVersions: status?.storedVersions ?? [],
    versions: spec.versions.map(({ name, served, deprecated }) => ({ name, served, deprecated: deprecated === true })),
    conditions: status?.conditions ?? [],
    ...(metadata.deletionTimestamp !== undefined && { deletionTimestamp: metadata.deletionTimestamp }),
    manifest: manifestOwners(metadata),
  };
}

/** @param listed resourceVersion of a list taken now; undefined when there is nothing to list */
export function proofFactsOfDefinition(live: Definition, listed: string | undefined): ProofFacts | undefined {
  const proof = recordedProof(live);
  if (proof === undefined) return undefined;
  const { generation, resourceVersion } = proof;
  const valid = whyProven(live, listed) !== undefined;
  return { storageVersion: proof.storageVersion, generation, resourceVersion, valid };
}
