import type { PhaseWork } from "../../provider/phaseLogic";
import { labelKeyName } from "../configuration/keyNames";
import { awaitAgreementBeforeEdit } from "../edit/awaitAgreementBeforeEdit";
import type { RetireInputs } from "../inputs";
import { countLateWrites } from "../proof/lateWrites";
import { proveResources } from "../proof/prove";
import { hasNoReloadSinceRecord, reportsBeforeRecordedWrite } from "../proof/record";
import { recordProofInConfigMap } from "../proof/recordConfigMap";
import { readRotationFacts, type RotationFacts } from "../rotationFacts";
import type { Reported } from "../servers/reports";
import type { LiveConfiguration } from "../liveConfiguration";

/**
 * Right before keys go: one more pass over the objects of each resource whose proof may not hold any more. True: there was one.
 */
export async function proveAgain(inputs: RetireInputs, work: PhaseWork, live: LiveConfiguration): Promise<boolean> {
  const { reported } = await awaitAgreementBeforeEdit(inputs, work, live);
  const facts = await readRotationFacts(inputs, work.cluster, live);
  const doubtful = await findDoubtful(facts, reported, work);
  if (doubtful.length === 0) return false;
  await proveResources(
    work.cluster,
    {
      sha256: live.sha256,
      since: reportsBeforeRecordedWrite(facts.record, live.sha256),
      resources: doubtful.map((resource) => ({ ...resource, writeKey: labelKeyName(inputs.desired.write) })),
      migrator: "direct",
      requestTimeoutSeconds: inputs.requestTimeoutSeconds,
      decommissioned: inputs.decommissionedServers,
    },
    async ({ proof }) => recordProofInConfigMap(work.cluster, inputs.recordIn, proof),
    work,
  );
  return true;
}

/**
 * The same file may have been away and come back since the proof: some server was restarted or reloaded anything in between. A
 * server with another file may have come and decommissioned: nothing tells but what it wrote.
 */
async function findDoubtful(
  { resources, proofs }: RotationFacts,
  reported: Reported,
  work: PhaseWork,
): Promise<RotationFacts["resources"]> {
  const doubtful: RotationFacts["resources"] = [];
  for (const resource of resources) {
    const proof = proofs[resource.name];
    if (proof === undefined) continue; // then nothing is retired
    const named = { ...work, report: (message: string) => work.report(`${resource.name}: ${message}`) };
    const holds =
      hasNoReloadSinceRecord(proof, reported) &&
      (await countLateWrites(work.cluster, resource, proof.resourceVersion, named)) === 0;
    if (!holds) doubtful.push(resource);
  }
  return doubtful;
}
