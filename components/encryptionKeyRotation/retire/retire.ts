import { runBackup } from "../../backup/runBackup";
import { UserError } from "../../kubernetes/errors";
import { sleep } from "../../kubernetes/sleep";
import {
  checkRemovalAcknowledged,
  leftOverRemovalAcknowledgements,
  unmatchedRemovalAcknowledgements,
} from "../../provider/acknowledgedRemoval";
import type { PhaseLogic, PhaseWork, Preview } from "../../provider/phaseLogic";
import { refuseOtherKeys } from "../audit/refuseOtherKeys";
import { keyRetired } from "../checks/keyRetired";
import { checkProvenToRetire } from "../checks/provenToRetire";
import type { EncryptionConfiguration } from "../configuration/configuration";
import { labelKeyName } from "../configuration/keyNames";
import { edit } from "../edit/edit";
import type { RetireInputs, RotationOutputs } from "../inputs";
import { planRetire, planRetiredKeys } from "../plan";
import { readRotationFacts, type RotationFacts } from "../rotationFacts";
import { lookForDoubts, proveAgain, proveUntilNoDoubt } from "./proveAgain";
import { millisecondsUntilCompacted } from "./untilCompacted";
import type { LiveConfiguration } from "../liveConfiguration";
import { currentRotationOutputs } from "../currentOutputs";

/** retire: keys that are no longer named leave the file, once nothing in etcd can need them. */
export const retire: PhaseLogic<RetireInputs, RotationOutputs, LiveConfiguration> = {
  preview: (inputs, _cluster, { configuration }) => Promise.resolve(previewRetire(inputs, configuration)),

  async run(inputs, work) {
    const { live, isNew, evidence } = await edit("retire", inputs, work, {}, async (found) => {
      assertAcknowledged(inputs, found.configuration);
      assertMayRetire(inputs, found, await readRotationFacts(inputs, work.cluster, found));
      await awaitOldBytesGone(inputs, work, found);
      if (inputs.backup !== undefined) {
        await runBackup(inputs.rotation, inputs.backup, work);
        await awaitOldBytesGone(inputs, work, found); // a backup may take its time
      }
      const facts = await readRotationFacts(inputs, work.cluster, found);
      assertMayRetire(inputs, found, facts);
      await refuseOtherKeys(inputs, work, facts);
    });
    const what = isNew ? "the file holds no other key" : "the file held no other key";
    return { ...currentRotationOutputs(live, inputs.desired), summary: [what, ...evidence].join("; ") };
  },
};

function previewRetire(inputs: RetireInputs, live: EncryptionConfiguration): Preview {
  const plan = planRetire(live, inputs.desired, inputs.backup);
  if (plan.length === 0) return { plan, warnings: leftOverRemovalAcknowledgements(keyRetired(inputs)) };
  if (inputs.heldBy !== undefined) return { plan };
  const retired = planRetiredKeys(live, inputs.desired);
  const { problems, notes } = checkRemovalAcknowledged(keyRetired(inputs), retired);
  const unmatched = unmatchedRemovalAcknowledgements(keyRetired(inputs), retired);
  return { plan, problems: [...unmatched, ...problems], notes };
}

/** Asked again where it is done: somebody may have put a key into the file since preview, which nobody has named. */
function assertAcknowledged(inputs: RetireInputs, live: EncryptionConfiguration): void {
  const { problems } = checkRemovalAcknowledged(keyRetired(inputs), planRetiredKeys(live, inputs.desired));
  if (problems.length > 0) throw new UserError(problems.join("\n"));
}

/** The gate: a key that goes while one object is still under it makes that object unreadable, and its whole LIST with it. */
function assertMayRetire({ desired }: RetireInputs, live: LiveConfiguration, facts: RotationFacts): void {
  const valid = Object.values(facts.proofs).map(({ resource, writeKey }) => ({ resource, writeKey }));
  const names = facts.resources.map(({ name }) => name);
  const problems = checkProvenToRetire(live.configuration, desired, names, valid);
  if (problems.length === 0) return;
  const why = Object.entries(facts.unproven).map(([name, reason]) => `${name}: ${reason}`);
  throw new UserError([...problems, ...why].join("\n"));
}

/** Whatever a server does during the wait is found out before the file is written. */
async function awaitOldBytesGone(inputs: RetireInputs, work: PhaseWork, live: LiveConfiguration): Promise<void> {
  const changed = new Set<string>();
  await proveUntilNoDoubt(
    async () => awaitCompaction(inputs, work, await readRotationFacts(inputs, work.cluster, live)),
    () => lookForDoubts(inputs, work, live, changed),
    (looked) => proveAgain(inputs, work, live, looked),
  );
}

/** etcd keeps what it overwrote until it is compacted; a watch or a LIST at an older revision still reads it, with the old key. */
async function awaitCompaction(inputs: RetireInputs, work: PhaseWork, { proofs }: RotationFacts): Promise<void> {
  const { compactionIntervalSeconds: interval } = inputs;
  const until = performance.now() + millisecondsUntilCompacted(Object.values(proofs), interval, Date.now());
  for (let left = until - performance.now(); left > 0; left = until - performance.now()) {
    work.report(
      `waiting ${Math.ceil(left / 1_000)} s until etcd has compacted what was there before ${labelKeyName(inputs.desired.write)} (twice the compaction interval of ${interval} s since the proof)`,
    );
    await sleep(Math.min(1_000, left), work.signal);
  }
}
