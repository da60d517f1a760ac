import { isWebhookConversion } from "../crd/conversion";
import { servedByName, storageVersion, versionNamesOfDefinition } from "../crd/definition";
import type { Problem } from "../kubernetes/problem";
import { conversionAnswers } from "./checks/conversionAnswers";
import { fieldsKept } from "./checks/fieldsKept";
import { notBeingDeleted } from "./checks/notBeingDeleted";
import { objectsReadable } from "./checks/objectsReadable";
import { storedAreServed } from "./checks/storedAreServed";
import { storedVersionsKnown } from "./checks/storedVersionsKnown";
import { versionThere } from "./checks/versionThere";
import { evidenceOfUse, evidenceMissing, evidenceOfRefused, evidenceOfWrites, type ClientsOfVersion } from "./evidence";
import { describeObjectsOfRollbackFacts, type RollbackFacts } from "./facts";
import { lostFields, type FieldUse } from "./lostFields";
import { stepsBack, type Step } from "./steps";
import { versionsThatMayBeStored } from "../migration/definition/mayBeStored";

/** What a downgrade of one CRD needs, and what blocks it. */
export interface Rollback {
  readonly crd: string;
  readonly to: string;
  readonly versions: readonly VersionSeen[];
  readonly storedVersions: readonly string[];
  readonly conversion: "None" | "Webhook";
  /** Why the steps would not end well; nothing of it is undone by them. */
  readonly blockers: readonly Problem[];
  /** What only the other versions' schemas hold. */
  readonly lost: readonly LostSeen[];
  /** A line about the objects whose values the older schema refuses, where there are some. */
  readonly refused: readonly string[];
  /** Who wrote through the newer versions, of the objects that were read. */
  readonly clients: readonly ClientsOfVersion[];
  /** `all 3 objects read`: what the clients and the writes are counted in. */
  readonly looked: string;
  /** Objects among them that were written since it was proven that all are stored in the present version. */
  readonly writtenSince?: number;
  readonly notLookedAt: readonly string[];
  /** In this order; empty where there is nothing to do. */
  readonly steps: readonly Step[];
}

export interface LostSeen {
  readonly version: string;
  /** It is among the blockers. */
  readonly blocks: boolean;
  readonly looked: string;
  readonly fields: readonly FieldUse[];
}

export interface VersionSeen {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly mayBeStored: boolean;
}

/** @param flags of the cluster for commands to paste, where some were given: ` --context prod` */
export function decideRollback(facts: RollbackFacts, flags: string): Rollback {
  const { live, to, read } = facts;
  const storage = storageVersion(live);
  const first = read[storage] ?? { state: "not served" };
  const listed = first.state === "read" ? first.resourceVersion : undefined;
  const stored = versionsThatMayBeStored(live, listed);
  const written = evidenceOfWrites(facts);
  const lost = lostFields(facts);
  return {
    crd: live.metadata.name,
    to,
    versions: versionNamesOfDefinition(live).map((name) => ({
      name,
      served: servedByName(live)[name] === true,
      storage: name === storage,
      mayBeStored: stored.includes(name),
    })),
    storedVersions: live.status?.storedVersions ?? [],
    conversion: isWebhookConversion(live.spec.conversion) ? "Webhook" : "None",
    blockers: [...CHECKS.flatMap((check) => check(facts)), ...fieldsKept(facts, lost)],
    lost: lost.map(({ read, ...fields }) => ({ ...fields, looked: describeObjectsOfRollbackFacts(read) })),
    refused: evidenceOfRefused(facts),
    clients: evidenceOfUse(facts),
    looked: describeObjectsOfRollbackFacts(first),
    ...(written !== undefined && { writtenSince: written }),
    notLookedAt: evidenceMissing(facts, written),
    steps: stepsBack({ live, to, listed, flags }),
  };
}

const CHECKS: readonly ((facts: RollbackFacts) => Problem[])[] = [
  notBeingDeleted,
  versionThere,
  storedVersionsKnown,
  storedAreServed,
  objectsReadable,
  conversionAnswers,
];
