import { storageVersion, type Definition } from "../../crd/definition";
import { UserError } from "../../kubernetes/errors";
import { sleep } from "../../kubernetes/sleep";
import { describeUsageSince } from "../../migration/usage/describeUsage";
import {
  requestsSinceRecord,
  type RequestRecord,
  type RequestsSince,
  readRequestRecord,
} from "../../migration/usage/requestRecord";
import { findUsage } from "../../migration/usage/findUsage";
import type { Cluster } from "../../kubernetes/cluster";
import { notLookedAt } from "../../plan/notLookedAt";
import { unmatchedRemovalAcknowledgements } from "../../provider/acknowledgedRemoval";
import type { PhaseWork, Preview } from "../../provider/phaseLogic";
import { versionDropped } from "../checks/versionDropped";
import { versionInUse } from "../checks/versionInUse";
import type { DropInputs } from "../inputs";
import { hasProofOfThisRun, validProof } from "../../migration/definition/proof";
import { withdrawnVersions } from "../stages";

/** Who still uses the versions that go, and whether that is a reason not to drop them. */
export async function previewUsageBeforeDrop(
  inputs: DropInputs,
  cluster: Cluster,
  live: Definition,
): Promise<Pick<Preview, "problems" | "warnings" | "notes">> {
  const dropped = withdrawnVersions(live, inputs.versions);
  if (dropped.length === 0) return {};
  const names = dropped.map(({ name }) => name);
  const record = validProof(live)?.requests;
  const resource = { group: inputs.group, plural: inputs.plural, version: storageVersion(live) };
  const { lines, unread, since } = await findUsage(cluster, resource, names, {
    decommissioned: inputs.decommissionedServers,
    since: record,
  });
  const notes = [...lines, ...unread.map(notLookedAt)];
  if (hasProofOfThisRun(live)) return { notes }; // its turn has come in the run that migrated: the gate looks twice
  const unmatched = unmatchedRemovalAcknowledgements(versionDropped(inputs), names);
  const found = verdictOnUsage(inputs, live, servedOf(live, since), record?.at ?? 0);
  return { notes, problems: [...unmatched, ...found.problems], warnings: found.warnings };
}

/**
 * The gate: refuses to drop what was written through since migrate ended. Where that was in this very run, what `before` has
 * drop wait for may have been the writer's end: there a second look decides, as much later as a request under way may take.
 */
export async function assertNotInUseBeforeDrop(inputs: DropInputs, work: PhaseWork, live: Definition): Promise<void> {
  const record = validProof(live)?.requests;
  if (record === undefined) return; // not known since when: the row says what is
  const first = await lookAtUsage(inputs, work, live, record);
  const { problems, warnings } = verdictOnUsage(inputs, live, first, record.at);
  for (const warning of warnings) work.warn(warning);
  if (problems.length === 0) return;
  if (!hasProofOfThisRun(live)) throw new UserError(problems.join("\n"));
  const seconds = inputs.requestTimeoutSeconds;
  const written = Object.entries(first).filter(([, { writes }]) => writes > 0);
  work.report(
    `${written.map(([name]) => name).join(", ")} was written through since migrate ended; looking for ${seconds} s whether that goes on`,
  );
  await sleep(seconds * 1_000, work.signal);
  const second = await lookAtUsage(inputs, work, live, record);
  const goesOn = Object.fromEntries(
    Object.entries(second).filter(([name, { writes }]) => writes > (first[name]?.writes ?? 0)),
  );
  const still = verdictOnUsage(inputs, live, goesOn, record.at);
  if (still.problems.length > 0) throw new UserError(still.problems.join("\n"));
  for (const [name, found] of written) {
    work.warn(
      `${inputs.crd}: ${describeUsageSince(found)} through ${name} since migrate ended, none in the last ${seconds} s`,
    );
  }
}

async function lookAtUsage(
  inputs: DropInputs,
  { cluster }: PhaseWork,
  live: Definition,
  record: RequestRecord,
): Promise<Record<string, RequestsSince>> {
  const now = await readRequestRecord(cluster, inputs, inputs.decommissionedServers);
  if (typeof now === "string" || !now.isOfAll) return {};
  const names = withdrawnVersions(live, inputs.versions).map(({ name }) => name);
  return servedOf(live, Object.fromEntries(names.map((name) => [name, requestsSinceRecord(record, now.record, name)])));
}

/** What is unserved already, by us or by the manifest, nobody gets through any more. */
function servedOf(live: Definition, requests: Record<string, RequestsSince>): Record<string, RequestsSince> {
  const served = live.spec.versions.filter((version) => version.served).map(({ name }) => name);
  return Object.fromEntries(Object.entries(requests).filter(([name]) => served.includes(name)));
}

function verdictOnUsage(inputs: DropInputs, live: Definition, requests: Record<string, RequestsSince>, since: number) {
  const { crd, acknowledge } = inputs;
  return versionInUse({ crd, storage: storageVersion(live), requests, since, acknowledge });
}
