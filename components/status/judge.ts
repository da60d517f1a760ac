import type { Problem } from "../kubernetes/problem";
import { beingDeleted } from "./checks/beingDeleted";
import { certificatesEnd } from "./checks/certificatesEnd";
import { deprecatedRequests } from "./checks/deprecatedRequests";
import { established } from "./checks/established";
import { managedFieldsServed } from "./checks/managedFieldsServed";
import { nextRelease } from "./checks/nextRelease";
import { objectsListable } from "./checks/objectsListable";
import { olderThanDefinition } from "./checks/olderThanDefinition";
import { ownerReferencesServed } from "./checks/ownerReferencesServed";
import { proofValid } from "./checks/proofValid";
import { storedVersionsKnown } from "./checks/storedVersionsKnown";
import { storedVersionsPruned } from "./checks/storedVersionsPruned";
import { webhookAnswers } from "./checks/webhookAnswers";
import type { SeenCluster } from "./clusterStatus";
import type { ClusterFacts, CrdFacts, EncryptionFacts } from "./facts";
import { type Check, type Finding, type JudgedCrd, type NextManifest, type Question, VERDICTS } from "./finding";
import { describeHidden } from "./hidden";

const CHECKS: readonly Check[] = [
  beingDeleted,
  established,
  objectsListable,
  webhookAnswers,
  certificatesEnd,
  storedVersionsKnown,
  nextRelease,
  storedVersionsPruned,
  proofValid,
  olderThanDefinition,
  managedFieldsServed,
  ownerReferencesServed,
  deprecatedRequests,
];

export function judgeCrd(facts: CrdFacts, question: Question): JudgedCrd {
  const rank = ({ verdict }: Finding): number => VERDICTS.indexOf(verdict);
  const findings = CHECKS.flatMap((check) => check(facts, question)).sort((left, right) => rank(right) - rank(left));
  return { facts, verdict: findings[0]?.verdict ?? "ok", findings };
}

interface Asked {
  readonly now: Date;
  /** The context has to be named in commands to paste. */
  readonly namesContext: boolean;
  readonly next: ReadonlyMap<string, NextManifest>;
}

export function judgeClusterStatus(facts: ClusterFacts, { now, namesContext, next }: Asked): SeenCluster {
  const flag = namesContext ? ` --context ${facts.context}` : "";
  const crds = facts.crds.map((crd) => {
    const manifest = next.get(crd.name);
    const migrate = `kubernetes-storage-migration migrate ${crd.name}${flag}`;
    return judgeCrd(crd, { now, migrate, kubectl: flag, ...(manifest !== undefined && { next: manifest }) });
  });
  const there = new Set(facts.crds.map(({ name }) => name));
  return {
    context: facts.context,
    server: facts.server,
    crds,
    ...(facts.encryption !== undefined && { encryption: facts.encryption }),
    problems: encryptionDiffers(facts.encryption),
    hidden: describeHidden(facts),
    added: [...next.keys()].filter((name) => !there.has(name)).sort(),
  };
}

/** Servers with different configurations may not read what the others write. */
function encryptionDiffers(encryption: EncryptionFacts | undefined): Problem[] {
  const servers = Object.entries(encryption?.servers ?? {});
  if (new Set(servers.map(([, hash]) => hash)).size < 2) return [];
  return [
    {
      what: "the API servers run with different encryption configurations",
      items: servers.map(([host, hash]) => `${host}: ${hash}`),
      expected: "the same file on each",
      why: "what one writes under a key that another does not have, that one cannot read",
      next: "finish the rotation that is under way, or give each the same file and have it reloaded",
    },
  ];
}
