import { FIELD_MANAGER } from "../../crd/names";
import { type ApiServers, findApiServers } from "../../kubernetes/apiServers";
import { discoverStorageMigrationVersion } from "../../kubernetes/discovery";
import { UserError } from "../../kubernetes/errors";
import { clusterIdentity } from "../../kubernetes/identity";
import { withLock } from "../../kubernetes/lock";
import type { Problem } from "../../kubernetes/problem";
import { afterOthers } from "../foreign/afterOthers";
import { whyRightsMissingForBuiltIn } from "../whyRightsMissing";
import { describeMovedStale, moveStale, moveStaleOnly } from "../foreign/moveStale";
import { rewriteInTree } from "../inTree/inTree";
import type { InTreeWait } from "../inTree/inTreeState";
import { someAreStale } from "../inTree/someAreStale";
import type { MigrationSubject } from "../inTree/storageVersionMigration";
import { assertNoneFailed } from "../rewrite/failures";
import { describeProvenPasses, type PassResult, passUntilProven, withCleanPasses } from "../rewrite/passes";
import type { RewriteResult } from "../rewrite/rewriteAllObjects";
import { rewriteWhenOver } from "../rewrite/rewriteWhenOver";
import { SharedRow } from "../rewrite/sharedRow";
import { waitForRequestsInFlight } from "../servers/inFlight";
import { awaitBuiltInAgreement, type BuiltInAgreement } from "./agreement";
import { type BuiltIn, findBuiltIn, storageOfBuiltIn } from "./builtIn";
import { planBuiltIn } from "./plan";
import type { BuiltInProof } from "./proof";
import { recordInProofConfigMap } from "./proofConfigMap";
import { rehearseBuiltIn } from "./rehearse";
import type { MigrationResult, MigrationWork, MigrationOptions } from "../resourceMigration";

const HASH_ANNOTATION = `${FIELD_MANAGER}/storage-version-hash`;
const WORDS = { other: "storage version", unharmed: "nothing is recorded" };

/**
 * Migrates the objects of a built-in resource: rehearsal, agreement, the wait, managedFields, rewrite, agreement again, proof. There
 * is no CRD: no spec, no conversion and no storedVersions.
 *
 * @param holder who we are, for whoever meets the lock
 */
export function migrateBuiltIn(
  name: string,
  options: MigrationOptions,
  holder: string,
  work: MigrationWork,
): Promise<MigrationResult> {
  const underLock = (lockLost: AbortSignal): Promise<MigrationResult> =>
    migrateAsItIs(name, options, { ...work, signal: AbortSignal.any([lockLost, work.signal]) });
  return afterOthers(work, name, () => withLock(work.cluster, name, holder, work.report, underLock));
}

async function migrateAsItIs(name: string, options: MigrationOptions, work: MigrationWork): Promise<MigrationResult> {
  const builtIn = await requireBuiltIn(name, work);
  const planned = await planBuiltIn(work.cluster, builtIn, options);
  const { storage } = planned;
  if (planned.plan.length === 0) return { stored: storage, summary: "nothing to do" };
  const refusal = await whyRightsMissingForBuiltIn(work.cluster, builtIn, options.migrator);
  if (refusal !== undefined) throw new UserError(refusal);
  if (!planned.rewrites)
    return { stored: storage, summary: await moveStaleOnly(staleOf(builtIn), planned.stale, work) };
  await rehearseBuiltIn(builtIn, work);
  const started = performance.now();
  const pass = new Pass(name, options, work);
  const { result, clean } = await passUntilProven(() => pass.once(), work.report, WORDS);
  work.signal.throwIfAborted();
  await recordInProofConfigMap(work.cluster, result.proof);
  const { proof, rewritten } = result;
  const proven = { ...withCleanPasses(result, clean), proven: proof.objects };
  return {
    stored: proof.storageVersion,
    proven: proof.objects,
    rewritten,
    summary: describeProvenPasses(proven, started, describeMovedStale(pass.moved)),
  };
}

interface Proven {
  readonly proof: BuiltInProof;
  readonly rewritten: number;
  readonly servers: string;
  readonly how: string;
}

/** One pass over every object, as often as it takes. */
class Pass {
  /** Objects whose managedFields were moved. */
  moved = 0;
  private inTree: string | undefined;

  constructor(
    private readonly name: string,
    private readonly options: MigrationOptions,
    private readonly work: MigrationWork,
  ) {}

  async once(): Promise<PassResult<Proven>> {
    const servers = await this.findServers();
    try {
      const agreed = await awaitBuiltInAgreement(servers, await requireBuiltIn(this.name, this.work), this.work);
      // Read once more: it was perhaps an upgrade that was waited for, and other versions are served now.
      const builtIn = await requireBuiltIn(this.name, this.work);
      // Perhaps an upgrade goes on: then not every server has agreed on what was read now.
      const isAgreed = servers.distinct && builtIn.hash === agreed.hash;
      const result = await this.rewrite(builtIn, isAgreed);
      await servers.alive(this.work);
      return {
        unchanged: builtIn.hash === agreed.hash && (await this.isUnchanged(builtIn, servers)),
        definition: builtIn.hash,
        distinct: servers.distinct,
        result: await this.describe(builtIn, servers, agreed, result),
      };
    } finally {
      servers.close();
    }
  }

  /** The pass that counts, once requests in flight are over. What goes before it needs no proof of its own. */
  private async rewrite(builtIn: BuiltIn, isAgreed: boolean): Promise<RewriteResult> {
    const { work } = this;
    const row = new SharedRow(work.report);
    const waited = row.step("wait", work, (step) => waitForRequestsInFlight(this.options.requestTimeoutSeconds, step));
    waited.catch(() => undefined); // awaited below; until then a rejection must not count as unhandled
    // Before any rewrite: the API server takes out entries of a version that it does not know any more at the next write (tried
    // on 1.37), and with them who owns those fields.
    this.moved += await row.step("own", work, (step) => moveStale(staleOf(builtIn), step));
    const isAhead = isAgreed && this.inTree === undefined;
    // Decided by what is stale: before anything is rewritten ahead.
    const decided = this.inTree ?? (await this.decideInTree(builtIn));
    const inTree = (waits: InTreeWait): Promise<void> =>
      row.step("in-tree", work, (step) => this.rewriteInTree(decided, step, waits));
    const result = await rewriteWhenOver(builtIn, { waited, inTree, isAhead }, row, work);
    assertNoneFailed(result, describeUnwritten(builtIn, result));
    return result;
  }

  private async rewriteInTree(
    decided: MigrationSubject | string,
    work: MigrationWork,
    waits: InTreeWait,
  ): Promise<void> {
    this.inTree =
      typeof decided === "string" ? decided : (await rewriteInTree(work.cluster, decided, work, waits)).message;
  }

  /** What a StorageVersionMigration is to do, or why there is none. */
  private async decideInTree(builtIn: BuiltIn): Promise<MigrationSubject | string> {
    const { cluster } = this.work;
    if (this.options.migrator === "direct") return "directly";
    if (!builtIn.inTree) return "directly, since kube-controller-manager does not follow its objects";
    if ((await discoverStorageMigrationVersion(cluster)) === undefined)
      return "directly, since storagemigration.k8s.io is not served";
    if (!(await someAreStale(cluster, builtIn, this.work)))
      return "directly, since its first objects are stored in it already";
    const { group, version, plural, name, hash } = builtIn;
    return { resource: { group, version, plural }, name, mark: { annotation: HASH_ANNOTATION, value: hash } };
  }

  private async isUnchanged(builtIn: BuiltIn, servers: ApiServers): Promise<boolean> {
    const again = await this.findServers();
    try {
      const { hash } = await awaitBuiltInAgreement(again, builtIn, this.work);
      await again.alive(this.work); // one that stopped during the pass may come back with requests it accepted before
      return servers.sameAs(again) && hash === builtIn.hash;
    } finally {
      again.close();
    }
  }

  private findServers(): Promise<ApiServers> {
    return findApiServers(this.work.cluster, { ...this.work, decommissioned: this.options.decommissionedServers });
  }

  private async describe(
    builtIn: BuiltIn,
    servers: ApiServers,
    { evidence }: BuiltInAgreement,
    result: RewriteResult,
  ): Promise<Proven> {
    const proof: BuiltInProof = {
      cluster: (await clusterIdentity(this.work.cluster)) ?? "",
      resource: builtIn.name,
      storageVersion: storageOfBuiltIn(builtIn, builtIn.hash),
      storageVersionHash: builtIn.hash,
      resourceVersion: result.listResourceVersion,
      objects: result.visited - result.gone,
      servers: servers.distinct ? servers.servers.map(({ address }) => address).sort() : [],
      missing: [...servers.missingEvidence],
    };
    const how = [this.inTree ?? "", ...evidence].join("; ");
    return { proof, rewritten: result.rewritten, servers: servers.description, how };
  }
}

async function requireBuiltIn(name: string, { cluster }: MigrationWork): Promise<BuiltIn> {
  const found = await findBuiltIn(cluster, name);
  if (found !== undefined) return found;
  throw new UserError({
    what: `${name}: the API server does not serve it any more`,
    expected: "the built-in resource that was there when this run began",
    next: "run `pulumi preview`: it says how to go on",
  });
}

function staleOf(builtIn: BuiltIn) {
  return { name: builtIn.name, resource: builtIn, served: builtIn.served };
}

function describeUnwritten({ name }: BuiltIn, { failedCount, visited }: RewriteResult): Problem {
  return {
    what: `${name}: ${failedCount} of ${visited} objects could not be rewritten`,
    why: "nothing is recorded as proven",
    next: "fix these objects and run `pulumi up` again",
  };
}
