import { beingDeleted } from "./checks/beingDeleted";
import { certificatesEnd } from "./checks/certificatesEnd";
import { deprecatedRequests } from "./checks/deprecatedRequests";
import { established } from "./checks/established";
import { managedFieldsServed } from "./checks/managedFieldsServed";
import { nextRelease } from "./checks/nextRelease";
import { objectsListable } from "./checks/objectsListable";
import { ownerReferencesServed } from "./checks/ownerReferencesServed";
import { proofValid } from "./checks/proofValid";
import { storedVersionsKnown } from "./checks/storedVersionsKnown";
import { storedVersionsPruned } from "./checks/storedVersionsPruned";
import { webhookAnswers } from "./checks/webhookAnswers";
import type { CrdFacts } from "./facts";
import { type Check, type Finding, type JudgedCrd, type Question, VERDICTS } from "./finding";

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
  managedFieldsServed,
  ownerReferencesServed,
  deprecatedRequests,
];

export function judgeCrd(facts: CrdFacts, question: Question): JudgedCrd {
  const rank = ({ verdict }: Finding): number => VERDICTS.indexOf(verdict);
  const findings = CHECKS.flatMap((check) => check(facts, question)).sort((left, right) => rank(right) - rank(left));
  return { facts, verdict: findings[0]?.verdict ?? "ok", findings };
}
