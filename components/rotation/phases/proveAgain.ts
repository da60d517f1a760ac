import { label } from "../../encryption/keyNames";
import { rewriteAndProve } from "../prove";
import { isUntouched, recordProof, sinceOf } from "../record";
import type { PhaseWork } from "../../phases/logic";
import { standStill } from "./edit";
import type { RetireInputs } from "./facets";
import { rotationFacts } from "./facts";
import type { LiveConfiguration } from "./subject";

/**
 * The same file may have been away and come back since the proof: where a server was restarted or reloaded anything
 * in between, one more pass over the objects shows that nothing was written under another key.
 */
export async function proveAgain(inputs: RetireInputs, work: PhaseWork, live: LiveConfiguration): Promise<void> {
  const { reported } = await standStill(inputs, work, live);
  const { resources, proofs, record } = await rotationFacts(inputs, work.cluster, live);
  const doubtful = resources.filter(({ name }) => {
    const proof = proofs[name];
    return proof !== undefined && !isUntouched(proof, reported);
  });
  if (doubtful.length === 0) return;
  await rewriteAndProve(
    work.cluster,
    {
      sha256: live.sha256,
      since: sinceOf(record, live.sha256),
      resources: doubtful.map((resource) => ({ ...resource, writeKey: label(inputs.wanted.write) })),
      migrator: "direct",
      requestTimeoutSeconds: inputs.requestTimeoutSeconds,
      gone: inputs.gone,
    },
    async ({ proof }) => recordProof(work.cluster, inputs.recordIn, proof),
    work,
  );
}
