import { UserError } from "../../kubernetes/errors";
import { boundedProblemItems, type Problem } from "../../kubernetes/problem";
import type { PhaseWork } from "../../provider/phaseLogic";
import { labelKeyName } from "../configuration/keyNames";
import { awaitAgreementBeforeEdit } from "../edit/awaitAgreementBeforeEdit";
import type { RetireInputs } from "../inputs";
import { findLateWrites } from "../proof/lateWrites";
import { proveResources } from "../proof/prove";
import { hasNoReloadSinceRecord, reportsBeforeRecordedWrite } from "../proof/record";
import { recordProofInConfigMap } from "../proof/recordConfigMap";
import { readRotationFacts, type RotationFacts } from "../rotationFacts";
import type { Reported } from "../servers/reports";
import type { LiveConfiguration } from "../liveConfiguration";

type RotatedResource = RotationFacts["resources"][number];

/** A resource whose proof may not hold any more. */
export interface Doubt {
  readonly resource: RotatedResource;
  readonly why: string;
}

/** A cluster in which there is always something new is for its operator to see. */
const PROVEN_AGAIN_AT_MOST = 3;

/**
 * Right before keys go: waits, looks, and proves what is doubtful once more, until a look finds nothing.
 *
 * @throws UserError naming what a look still finds after three more proofs
 */
export async function proveUntilNoDoubt<T extends { readonly doubts: readonly Doubt[] }>(
  wait: () => Promise<void>,
  look: () => Promise<T>,
  prove: (looked: T) => Promise<void>,
): Promise<void> {
  for (let proven = 0; ; proven++) {
    await wait();
    const looked = await look();
    if (looked.doubts.length === 0) return;
    if (proven === PROVEN_AGAIN_AT_MOST) throw new UserError(describeEndless(looked.doubts));
    await prove(looked);
  }
}

function describeEndless(doubts: readonly Doubt[]): Problem {
  return {
    what: `after ${PROVEN_AGAIN_AT_MOST} more proofs there still was something that may be under an old key, so nothing is retired`,
    items: doubts.map(({ resource, why }) => `${resource.name}: ${why}`),
    expected:
      "no object that another key wrote since its proof, and no API server that was restarted or loaded a file since",
    why: "an object that is changed by each write looks the same as one under another key, where it is changed by the time of day or by a counter",
    next: "see what writes these objects: an API server or a tool with another file, or a mutating webhook that makes something new of each write; stop it, or exempt them from it until the rotation is over; then run `pulumi up` again",
  };
}

export interface Look {
  readonly doubts: readonly Doubt[];
  readonly facts: RotationFacts;
}

/** @param changed see findLateWrites */
export async function lookForDoubts(
  inputs: RetireInputs,
  work: PhaseWork,
  live: LiveConfiguration,
  changed: Set<string>,
): Promise<Look> {
  const { reported } = await awaitAgreementBeforeEdit(inputs, work, live);
  const facts = await readRotationFacts(inputs, work.cluster, live);
  return { doubts: await findDoubts(facts, reported, work, changed), facts };
}

/** One more pass over the objects of each doubtful resource. */
export async function proveAgain(
  inputs: RetireInputs,
  work: PhaseWork,
  live: LiveConfiguration,
  { doubts, facts }: Look,
): Promise<void> {
  await proveResources(
    work.cluster,
    {
      sha256: live.sha256,
      since: reportsBeforeRecordedWrite(facts.record, live.sha256),
      resources: doubts.map(({ resource }) => ({ ...resource, writeKey: labelKeyName(inputs.desired.write) })),
      migrator: "direct",
      requestTimeoutSeconds: inputs.requestTimeoutSeconds,
      decommissioned: inputs.decommissionedServers,
    },
    async ({ proof }) => recordProofInConfigMap(work.cluster, inputs.recordIn, proof),
    work,
  );
}

/**
 * The same file may have been away and come back since the proof: some server was restarted or reloaded anything in between. A
 * server with another file may have come and decommissioned: nothing tells but what it wrote.
 */
async function findDoubts(
  { resources, proofs }: RotationFacts,
  reported: Reported,
  work: PhaseWork,
  changed: Set<string>,
): Promise<Doubt[]> {
  const doubts: Doubt[] = [];
  for (const resource of resources) {
    const proof = proofs[resource.name];
    if (proof === undefined) continue; // then nothing is retired
    if (!hasNoReloadSinceRecord(proof, reported)) {
      doubts.push({ resource, why: "an API server was restarted or loaded a file since its proof" });
      continue;
    }
    const named = { ...work, report: (message: string) => work.report(`${resource.name}: ${message}`) };
    const late = await findLateWrites(work.cluster, resource, proof.resourceVersion, named, changed);
    if (late.count > 0) {
      const objects = boundedProblemItems(late.named, late.count).join(", ");
      doubts.push({ resource, why: `written since its proof, and perhaps under another key: ${objects}` });
    }
  }
  return doubts;
}
