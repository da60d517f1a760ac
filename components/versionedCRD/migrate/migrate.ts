import { isWebhook, storageVersion, versionNames, type Definition } from "../../crd/definition";
import { PROOF_ANNOTATION } from "../../crd/names";
import { findApiServers, type ApiServers } from "../../kubernetes/apiServers";
import { UserError } from "../../kubernetes/errors";
import { migrateInTree, type InTreeResult } from "../../migration/inTree/inTree";
import { withFailures } from "../../migration/rewrite/failures";
import type { Guard } from "../../migration/rewrite/guard";
import { type PassResult, passUntilProven } from "../../migration/rewrite/passes";
import { rewriteAll, type RewriteResult } from "../../migration/rewrite/rewriter";
import { awaitAgreement, type StorageTarget } from "../../migration/servers/agreement";
import { waitForRequestsInFlight } from "../../migration/servers/inFlight";
import { ofVersions, type RequestRecord } from "../../migration/usage/requestRecord";
import { readRequests } from "../../migration/usage/usage";
import type { PhaseWork } from "../../provider/phaseLogic";
import { currentOutputs } from "../currentOutputs";
import { expectedOutputs } from "../expectedOutputs";
import type { MigrateInputs, MigrateOutputs, RolloutPhase } from "../inputs";
import { annotate, requireDefinition, setStoredVersions } from "../live";
import { isRehearsed, planMigrate, versionsToRehearse } from "../plan";
import { readPlanFacts } from "../planFacts";
import { noteProvenHere, type Proof } from "../../migration/definition/proof";
import { guardOf, rehearseAgain } from "../rehearse/rehearse";
import { noteObjects } from "./noteObjects";

/** migrate: every object is rewritten on every API server, proven, recorded; then storedVersions is pruned. */
export const migrate: RolloutPhase<MigrateInputs, MigrateOutputs> = {
  async preview(inputs, cluster, live) {
    const facts = await readPlanFacts(inputs, cluster, live);
    const plan = planMigrate(live, inputs.version, inputs.migrator, facts);
    const runs = inputs.heldBy === undefined && plan.length > 0 && facts.listed !== undefined;
    const notes = runs && live !== undefined ? await noteObjects(inputs, cluster, live) : [];
    return { plan, notes, expected: expectedOutputs(live, inputs.version) };
  },

  async run(inputs, work) {
    const live = await requireDefinition(work.cluster, inputs.crd);
    const facts = await readPlanFacts(inputs, work.cluster, live);
    if (planMigrate(live, inputs.version, inputs.migrator, facts).length === 0) {
      return { ...currentOutputs(live), summary: `storedVersions is [${inputs.version}]`, ...proofOutput(live) };
    }
    if (storageVersion(live) !== inputs.version) {
      throw new UserError({
        what: `${inputs.crd}: storage is ${storageVersion(live)}`,
        expected: `${inputs.version} since store`,
        next: "run `pulumi up` without --target",
      });
    }
    if (versionsToRehearse(live, inputs.version).length > 0 && !isRehearsed(live, inputs.version)) {
      throw new UserError({
        what: `${inputs.crd}: no clean rehearsal of ${inputs.version} for the definition as it is now (generation ${live.metadata.generation})`,
        expected: "one before objects are rewritten",
        next: "run `pulumi up` without --target",
      });
    }
    const started = Date.now();
    await rehearseAgain(inputs, live, work);
    const isInTree = inputs.migrator === "in-tree" && facts.storageMigrationApi !== undefined;
    const pass = await migrateAndProve(inputs, isInTree, work);
    const after = await recordProof(inputs, work, pass);
    const seconds = Math.ceil((Date.now() - started) / 1000);
    const summary = `${pass.proven} proven on ${pass.servers} in ${seconds} s, ${pass.rewritten} of them rewritten by our own pass (${pass.how})`;
    return { ...currentOutputs(after), ...proofOutput(after), objectsRewritten: pass.proven, summary };
  },
};

interface Pass {
  proof: Proof;
  proven: number;
  /** Their bytes changed during the pass; what an in-tree migration rewrote before it is unchanged to it. */
  rewritten: number;
  servers: string;
  how: string;
}

type Target = StorageTarget & { readonly guard: Guard | undefined };

/** What earlier passes of this run did. */
interface Earlier {
  inTree?: InTreeResult;
  /** Nothing is left that a rewrite would convert. */
  isConverted: boolean;
}

/** Agreement, the wait, a list, one clean pass, agreement again with the same servers and the same definition. */
async function migrateAndProve(inputs: MigrateInputs, isInTree: boolean, work: PhaseWork): Promise<Pass> {
  const earlier: Earlier = { isConverted: false };
  const once = async (): Promise<PassResult<Pass>> => {
    const before = await requireDefinition(work.cluster, inputs.crd);
    const servers = await findApiServers(work.cluster, { ...work, decommissioned: inputs.decommissionedServers });
    try {
      const { group, plural, kind, version } = inputs;
      const target: Target = { group, plural, kind, version, guard: guardOf(inputs, before, work) };
      const agreed = await awaitAgreement(servers, target, work);
      const result = await rewriteWhenOver(inputs, isInTree, work, { before, target, earlier });
      await servers.alive(work);
      return {
        unchanged: await isUnchanged(inputs, work, before, servers, target),
        definition: `${before.metadata.uid} ${before.metadata.generation}`,
        distinct: servers.distinct,
        result: describePass(inputs, before, servers, agreed.evidence, result, earlier),
      };
    } finally {
      servers.close();
    }
  };
  const { result, clean } = await passUntilProven(once, work.report);
  return clean === 1 ? result : { ...result, how: `${result.how}; ${clean} clean passes in a row` };
}

/** The pass that proves, once requests in flight are over; before it the in-tree migrator, which needs no proof of its own. */
async function rewriteWhenOver(
  inputs: MigrateInputs,
  isInTree: boolean,
  work: PhaseWork,
  { before, target, earlier }: { before: Definition; target: Target; earlier: Earlier },
): Promise<RewriteResult> {
  const waited = waitForRequestsInFlight(inputs.requestTimeoutSeconds, work);
  waited.catch(() => undefined); // awaited below; until then a rejection must not count as unhandled
  let guard: Guard | undefined;
  if (isWebhook(before.spec.conversion)) {
    await waited;
    await rehearseAgain(inputs, before, work); // while we waited, the webhook may have rolled
    if (!isInTree && !earlier.isConverted) guard = target.guard; // the in-tree migrator leaves nothing to convert
  }
  if (inputs.migrator === "in-tree") earlier.inTree ??= await migrateInTree(work.cluster, before, work);
  await waited;
  const result = await rewriteAll(work.cluster, target, work, guard);
  refuseFailures(inputs, result);
  earlier.isConverted = true;
  return result;
}

async function isUnchanged(
  inputs: MigrateInputs,
  work: PhaseWork,
  before: Definition,
  servers: ApiServers,
  target: Target,
): Promise<boolean> {
  const again = await findApiServers(work.cluster, { ...work, decommissioned: inputs.decommissionedServers });
  try {
    await awaitAgreement(again, target, work);
    await again.alive(work); // one that stopped during the pass may come back with requests it accepted before
    const now = await requireDefinition(work.cluster, inputs.crd);
    return (
      servers.sameAs(again) &&
      now.metadata.generation === before.metadata.generation &&
      now.metadata.uid === before.metadata.uid
    );
  } finally {
    again.close();
  }
}

function refuseFailures(inputs: MigrateInputs, result: RewriteResult): void {
  if (result.failedCount === 0) return;
  const problem = {
    what: `${inputs.crd}: ${result.failedCount} of ${result.visited} objects could not be rewritten to ${inputs.version}`,
    expected: "none",
    why: "storedVersions is as it was and nothing is dropped",
    next: "fix these objects (or the conversion) and run `pulumi up` again",
  };
  throw new UserError(withFailures(problem, result.failed, result.failedCount));
}

function describePass(
  inputs: MigrateInputs,
  before: Definition,
  servers: ApiServers,
  evidence: readonly string[],
  result: RewriteResult,
  { inTree }: Earlier,
): Pass {
  const proof: Proof = {
    uid: before.metadata.uid ?? "",
    generation: before.metadata.generation ?? 0,
    storageVersion: inputs.version,
    resourceVersion: result.listResourceVersion,
    objects: result.visited,
    servers: servers.distinct ? servers.servers.map(({ address }) => address).sort() : [],
    missing: [...servers.missingEvidence],
  };
  const how = inTree === undefined ? "directly" : inTree.message;
  return {
    proof,
    proven: result.visited - result.gone,
    rewritten: result.rewritten,
    servers: servers.description,
    how: [how, ...evidence].join("; "),
  };
}

/** The proof first: were we killed in between, storedVersions would still name the old version and the pass be repeated. */
async function recordProof(inputs: MigrateInputs, work: PhaseWork, { proof }: Pass): Promise<Definition> {
  const live = await requireDefinition(work.cluster, inputs.crd);
  if (live.metadata.generation !== proof.generation || live.metadata.uid !== proof.uid) {
    throw new UserError({
      what: `${inputs.crd}: the definition was changed while its objects were migrated: it is at generation ${live.metadata.generation}`,
      expected: `generation ${proof.generation}, of which every object was proven`,
      next: "run `pulumi up` again",
    });
  }
  const requests = await requestsUntilNow(inputs, work, live);
  work.signal.throwIfAborted();
  const recorded: Proof = { ...proof, ...(requests !== undefined && { requests }) };
  const proven = await annotate(work.cluster, live, { [PROOF_ANNOTATION]: JSON.stringify(recorded) });
  noteProvenHere(recorded);
  return setStoredVersions(work.cluster, proven, [inputs.version]);
}

/** From where drop counts who goes on writing through the other versions. Without the right to read it, drop is told nothing. */
async function requestsUntilNow(
  inputs: MigrateInputs,
  { cluster }: PhaseWork,
  live: Definition,
): Promise<RequestRecord | undefined> {
  const others = versionNames(live).filter((name) => name !== inputs.version);
  const read =
    others.length === 0 ? "nothing to count" : await readRequests(cluster, inputs, inputs.decommissionedServers);
  return typeof read !== "string" && read.isOfAll ? ofVersions(read.record, others) : undefined;
}

function proofOutput(live: Definition): { proof?: string } {
  const proof = live.metadata.annotations?.[PROOF_ANNOTATION];
  return proof === undefined ? {} : { proof };
}
