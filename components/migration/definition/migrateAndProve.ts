import { isWebhookConversion } from "../../crd/conversion";
import type { Definition } from "../../crd/definition";
import { findApiServers, type ApiServers } from "../../kubernetes/apiServers";
import type { ClusterWork } from "../../kubernetes/cluster";
import type { Problem } from "../../kubernetes/problem";
import { migrateInTree, type InTreeResult } from "../inTree/inTree";
import type { InTreeWait } from "../inTree/inTreeState";
import { assertNoneFailed } from "../rewrite/failures";
import type { Guard } from "../rewrite/guard";
import type { KnownStored } from "../rewrite/knownStored";
import { type PassResult, passUntilProven, withCleanPasses } from "../rewrite/passes";
import type { RewriteResult } from "../rewrite/rewriteAllObjects";
import { rewriteWhenOver } from "../rewrite/rewriteWhenOver";
import { SharedRow } from "../rewrite/sharedRow";
import { awaitStorageAgreement, type StorageTarget } from "../servers/storageAgreement";
import { waitForRequestsInFlight } from "../servers/inFlight";
import { inTreeAfterOurs } from "./inTreeAfterOurs";
import { liveDefinitionMoved, requireLiveDefinition } from "./liveDefinition";
import { decideOrderOfPass } from "./orderOfPass";
import type { Proof } from "./recordedOnDefinition";
import { guardOfRehearsedStored, isStoredInSeveral, rehearseStoredAgain } from "./rehearseStored";

/** Which objects are to be proven stored in which version, and how. */
export interface ProveInputs {
  /** metadata.name of the CRD. */
  readonly crd: string;
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  /** The storage version. */
  readonly version: string;
  readonly requestTimeoutSeconds: number;
  readonly decommissionedServers: readonly string[];
  /** The user's word that an object may be larger than etcd takes by default. */
  readonly mayBeLarge?: boolean;
  /** The only generation of the definition that may be rewritten through; any where absent. */
  readonly generation?: number;
}

/** What a completed pass found. */
export interface Pass {
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
  /** Why there was none. */
  leftOut?: string;
  /** How long the first pass rewrote: those after it find most objects rewritten. */
  seconds?: number;
  /** Nothing is left that a rewrite would convert, but for what was written since by whoever stores the old version. */
  isConverted: boolean;
  /** At which resourceVersions the last pass was answered. */
  answered?: KnownStored | undefined;
}

function nothingConverted(): Pick<Earlier, "isConverted" | "answered"> {
  return { isConverted: false, answered: undefined };
}

/**
 * Agreement, the wait, a list, one clean pass, agreement again with the same servers and the same definition.
 *
 * @param isInTree there is to be a StorageVersionMigration: asked for, and served
 */
export async function migrateAndProve(inputs: ProveInputs, isInTree: boolean, work: ClusterWork): Promise<Pass> {
  const earlier: Earlier = nothingConverted();
  const once = async (): Promise<PassResult<Pass>> => {
    const before = await requireLiveDefinition(work.cluster, inputs.crd);
    assertGeneration(inputs, before);
    const servers = await findApiServers(work.cluster, { ...work, decommissioned: inputs.decommissionedServers });
    try {
      const { group, plural, kind, version } = inputs;
      const target: Target = { group, plural, kind, version, guard: guardOfRehearsedStored(inputs, before, work) };
      const agreed = await awaitStorageAgreement(servers, target, work);
      const given = { before, target, isTriedOnEach: agreed.isTriedOnEach, earlier };
      const result = await rewriteOnce(inputs, isInTree, work, given);
      await servers.alive(work);
      const unchanged = await isUnchanged(inputs, work, before, servers, target);
      // Where something moved, what was answered may have been written in the old version once more.
      if (!unchanged) Object.assign(earlier, nothingConverted());
      return {
        unchanged,
        definition: `${before.metadata.uid} ${before.metadata.generation}`,
        distinct: servers.distinct,
        result: describePass(inputs, before, servers, agreed.evidence, result, earlier),
      };
    } finally {
      servers.close();
    }
  };
  const { result, clean } = await passUntilProven(once, work.report);
  return withCleanPasses(result, clean);
}

interface Agreed {
  readonly before: Definition;
  readonly target: Target;
  /** An object was tried through every API server, by its own address. */
  readonly isTriedOnEach: boolean;
  readonly earlier: Earlier;
}

/** The pass that counts, once requests in flight are over. What goes before it needs no proof of its own. */
async function rewriteOnce(
  inputs: ProveInputs,
  isInTree: boolean,
  work: ClusterWork,
  { before, target, isTriedOnEach, earlier }: Agreed,
): Promise<RewriteResult> {
  const row = new SharedRow(work.report);
  const waited = row.step("wait", work, (step) => waitForRequestsInFlight(inputs.requestTimeoutSeconds, step));
  waited.catch(() => undefined); // awaited below; until then a rejection must not count as unhandled
  const isConverting = isWebhookConversion(before.spec.conversion);
  const order = decideOrderOfPass({
    isConverting,
    isConverted: earlier.isConverted,
    hasGuard: target.guard !== undefined,
    isStoredInSeveral: isStoredInSeveral(before, inputs.version),
    isTriedOnEach,
    isInTreeDue: isInTree && earlier.inTree === undefined && earlier.leftOut === undefined,
  });
  const guard = order.isGuarded ? target.guard : undefined;
  if (order.isRehearsedAgain) {
    await waited;
    await rehearseStoredAgain(inputs, before, work);
  }
  const inTree = (waits: InTreeWait): Promise<void> =>
    row.step("in-tree", work, async (step) => {
      if (order.inTree !== "none") earlier.inTree = await migrateInTree(work.cluster, before, step, waits);
    });
  const leaveOut = (why: string): void => void (earlier.leftOut = `no StorageVersionMigration was run: ${why}`);
  const turn =
    order.inTree === "after ours" &&
    inTreeAfterOurs(inputs.requestTimeoutSeconds, { resource: target, guard, waited, leaveOut, row }, work);
  // One of an earlier pass says nothing of what was written since.
  const isConverted = (): boolean =>
    earlier.isConverted || (order.inTree !== "none" && earlier.inTree?.outcome === "succeeded");
  const { answered } = earlier;
  const given = { waited, inTree, ...turn, isAhead: order.isAhead, guard, isConverted, answered };
  const result = await rewriteWhenOver(target, given, row, work);
  const inTreeSeconds = earlier.inTree?.seconds ?? 0;
  const { aheadSeconds, seconds } = result;
  earlier.seconds ??= (isConverting ? inTreeSeconds + aheadSeconds : Math.max(inTreeSeconds, aheadSeconds)) + seconds;
  assertNoneFailed(result, describeUnwritten(inputs, result));
  earlier.isConverted = true;
  earlier.answered = result.answers;
  return result;
}

/** What was rehearsed is one generation; through another one nothing is rewritten. */
function assertGeneration({ crd, generation }: ProveInputs, { metadata }: Definition): void {
  if (generation !== undefined && generation !== metadata.generation)
    throw liveDefinitionMoved(crd, generation, metadata);
}

async function isUnchanged(
  inputs: ProveInputs,
  work: ClusterWork,
  before: Definition,
  servers: ApiServers,
  target: Target,
): Promise<boolean> {
  const again = await findApiServers(work.cluster, { ...work, decommissioned: inputs.decommissionedServers });
  try {
    await awaitStorageAgreement(again, target, work);
    await again.alive(work); // one that stopped during the pass may come back with requests it accepted before
    const now = await requireLiveDefinition(work.cluster, inputs.crd);
    return (
      servers.sameAs(again) &&
      now.metadata.generation === before.metadata.generation &&
      now.metadata.uid === before.metadata.uid
    );
  } finally {
    again.close();
  }
}

function describeUnwritten({ crd, version }: ProveInputs, { failedCount, visited }: RewriteResult): Problem {
  return {
    what: `${crd}: ${failedCount} of ${visited} objects could not be rewritten to ${version}`,
    why: "storedVersions is as it was and nothing is dropped",
    next: "fix these objects (or the conversion) and run `pulumi up` again",
  };
}

function describePass(
  inputs: ProveInputs,
  before: Definition,
  servers: ApiServers,
  evidence: readonly string[],
  result: RewriteResult,
  { inTree, leftOut, seconds = 0 }: Earlier,
): Pass {
  const proof: Proof = {
    uid: before.metadata.uid ?? "",
    generation: before.metadata.generation ?? 0,
    storageVersion: inputs.version,
    resourceVersion: result.listResourceVersion,
    objects: result.visited,
    seconds: Math.ceil(seconds * 10) / 10,
    servers: servers.distinct ? servers.servers.map(({ address }) => address).sort() : [],
    missing: [...servers.missingEvidence],
  };
  const how = inTree?.message ?? leftOut ?? "directly";
  return {
    proof,
    proven: result.visited - result.gone,
    rewritten: result.rewritten,
    servers: servers.description,
    how: [how, ...evidence].join("; "),
  };
}
