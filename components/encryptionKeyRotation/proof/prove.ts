import { definitionPath, FIELD_MANAGER } from "../../crd/names";
import { type KubernetesList, MetadataOnly, resourcePath } from "../../kubernetes/api";
import { findApiServers } from "../../kubernetes/apiServers";
import type { Cluster } from "../../kubernetes/cluster";
import { ApiError, hasStatus, UserError } from "../../kubernetes/errors";
import { clusterIdentity } from "../../kubernetes/identity";
import {} from "../../kubernetes/problem";
import type { Work } from "../../kubernetes/report";
import { rewriteInTree } from "../../migration/inTree/inTree";
import { withFailures } from "../../migration/rewrite/failures";
import { type PassResult, passUntilProven } from "../../migration/rewrite/passes";
import { rewriteAll, type RewriteResult, touch } from "../../migration/rewrite/rewriter";
import { waitForRequestsInFlight } from "../../migration/servers/inFlight";
import { awaitServersAgree, type ServersAgreed } from "../servers/agreement";
import { awaitKeyId } from "../servers/kms";
import { fullHash, loadsOf, type Reported, readReportsNow } from "../servers/reports";
import type { RotationProof } from "./record";
import type { RotatedResource } from "./resources";

export interface KeyedResource extends RotatedResource {
  /** Label of the key that is first for it in the file: `secretbox:2026-11`, `identity`, `kms:vault`. */
  readonly writeKey: string;
}

export interface Rewriting {
  /** Of the file that every API server is to run with; empty where it cannot be looked at. */
  readonly sha256: string;
  readonly since?: Reported | undefined;
  readonly resources: readonly KeyedResource[];
  readonly migrator: "in-tree" | "direct";
  /** The API servers' --request-timeout. */
  readonly requestTimeoutSeconds: number;
  readonly decommissioned: readonly string[];
  /** See `Awaited`. */
  readonly timeoutSeconds?: number;
}

export interface Rewritten {
  readonly proof: RotationProof;
  /** By our own pass: what an in-tree migration rewrote before it is unchanged to it. */
  readonly rewritten: number;
  /** One sentence on how, for the summary. */
  readonly how: string;
}

/**
 * Rewrites every object of these resources under the first key of the file, and proves it: agreement by hash, the wait for requests in
 * flight, a StorageVersionMigration where asked and served, a clean pass of our own, agreement again with the same processes.
 *
 * @param proven called with each resource's proof as soon as there is one, to record it
 * @throws UserError naming the objects that could not be rewritten
 */
export async function rewriteAndProve(
  cluster: Cluster,
  rewriting: Rewriting,
  proven: (done: Rewritten) => Promise<void>,
  work: Work,
): Promise<Rewritten[]> {
  const control = new ControlPlane(cluster, rewriting, work);
  const uid = (await clusterIdentity(cluster)) ?? "";
  const all: Rewritten[] = [];
  while (all.length < rewriting.resources.length) {
    const rewrites = rewriting.resources.slice(all.length).map((resource) => {
      const named = { ...work, report: (message: string) => work.report(`${resource.name}: ${message}`) };
      return new Rewrite(cluster, control, resource, uid, rewriting.migrator, named);
    });
    for (const done of await provenBatch(control, rewrites, work)) {
      work.signal.throwIfAborted();
      await proven(done);
      all.push(done);
    }
  }
  return all;
}

/** So long a batch of small resources lasts: agreement after each alone would take longer than most of their passes. */
const BATCH_MS = 60_000;

/** Of the first of these, as many as are rewritten in a minute: those are proven together. */
async function provenBatch(control: ControlPlane, rewrites: readonly Rewrite[], work: Work): Promise<Rewritten[]> {
  let batch = rewrites.length;
  const pass = async (): Promise<PassResult<Rewritten[]>> => {
    const began = Date.now();
    const { agreed, waited } = await control.settle();
    const done: Rewritten[] = [];
    for (const rewrite of rewrites.slice(0, batch)) {
      done.push(await rewrite.pass(agreed, waited));
      if (Date.now() - began > BATCH_MS) batch = Math.min(batch, done.length);
      if (done.length >= batch) break;
    }
    batch = done.length;
    return {
      unchanged: await control.unchanged(agreed),
      definition: agreed.identity,
      distinct: agreed.distinct,
      result: done,
    };
  };
  const words = { other: "encryption configuration", unharmed: "every old key stays readable" };
  const { result, clean } = await passUntilProven(pass, work.report, words);
  return clean === 1 ? result : result.map((each) => ({ ...each, how: `${each.how}; ${clean} clean passes in a row` }));
}

/** What every server runs with, agreed once and looked at again after each pass. */
interface Settled extends ServersAgreed {
  readonly keyIds: Readonly<Record<string, string>>;
  /** While it stays, no server has loaded another file, been restarted or taken up another KMS key. */
  readonly identity: string;
  readonly distinct: boolean;
}

class ControlPlane {
  private readonly knownKeyIds = new Map<string, string>();
  private settled: { readonly agreed: Settled; readonly waited: Promise<number> } | undefined;

  constructor(
    private readonly cluster: Cluster,
    private readonly rewriting: Rewriting,
    private readonly work: Work,
  ) {}

  get sha256(): string {
    return this.rewriting.sha256;
  }

  /** Agreement, and the wait for requests that began before it; both hold for every resource until something moves. */
  async settle(): Promise<{ agreed: Settled; waited: Promise<number> }> {
    if (this.settled === undefined) {
      const agreed = await this.agree();
      const waited = waitForRequestsInFlight(this.rewriting.requestTimeoutSeconds, this.work);
      waited.catch(() => undefined); // awaited by each pass; until then a rejection must not count as unhandled
      this.settled = { agreed, waited };
    }
    return this.settled;
  }

  /** Whether everything is as it was agreed; if not, the next pass begins with a new agreement and a new wait. */
  async unchanged(before: Settled): Promise<boolean> {
    const after = await this.agree();
    if (after.identity === before.identity) return true;
    this.settled = undefined;
    return false;
  }

  private async agree(): Promise<Settled> {
    const converged = await this.agreement();
    const { keyIds, evidence } = await this.keyIds();
    const identity = [loadsOf(converged.reported), JSON.stringify(keyIds)].join(" ");
    const distinct = converged.reported.missing.length === 0;
    return { ...converged, evidence: [...converged.evidence, ...evidence], keyIds, identity, distinct };
  }

  /** Without a target there is no file to agree on. */
  private async agreement(): Promise<ServersAgreed> {
    if (this.sha256 !== "") return awaitServersAgree(this.cluster, this.rewriting, this.work);
    const reported = await readReportsNow(this.cluster, this.rewriting.decommissioned, this.work);
    return { reported, evidence: [`${reported.description} answered; which file they run with was not looked at`] };
  }

  private async keyIds(): Promise<{ keyIds: Record<string, string>; evidence: string[] }> {
    const labels = new Set(this.rewriting.resources.map(({ writeKey }) => writeKey));
    const providers = [...labels].map(kmsProvider).filter((provider) => provider !== undefined);
    const keyIds: Record<string, string> = {};
    const evidence: string[] = [];
    if (providers.length === 0) return { keyIds, evidence };
    const servers = await findApiServers(this.cluster, { ...this.work, decommissioned: this.rewriting.decommissioned });
    try {
      for (const provider of providers) {
        const seen = await awaitKeyId(servers, provider, this.knownKeyIds.get(provider), this.work);
        this.knownKeyIds.set(provider, seen.keyId);
        keyIds[provider] = seen.keyId;
        evidence.push(...seen.evidence);
      }
      return { keyIds, evidence };
    } finally {
      servers.close();
    }
  }
}

/** `vault` of `kms:vault`; undefined for every other kind of key. */
function kmsProvider(writeKey: string): string | undefined {
  return writeKey.startsWith("kms:") ? writeKey.slice("kms:".length) : undefined;
}

/** One resource. */
class Rewrite {
  private inTree: string | undefined;

  constructor(
    private readonly cluster: Cluster,
    private readonly control: ControlPlane,
    private readonly resource: KeyedResource,
    private readonly uid: string,
    private readonly migrator: "in-tree" | "direct",
    private readonly work: Work,
  ) {}

  /** One pass over its objects. */
  async pass(agreed: Settled, waited: Promise<number>): Promise<Rewritten> {
    // What the in-tree migrator does needs no proof of its own: our pass comes after both.
    this.inTree ??= await this.rewriteInTree(agreed);
    await waited;
    const result = await rewriteAll(this.cluster, this.resource, this.work);
    refuseFailures(this.resource, result);
    return this.describe(agreed, result, this.inTree);
  }

  private describe(agreed: Settled, result: RewriteResult, inTree: string): Rewritten {
    const { name, writeKey } = this.resource;
    const keyId = agreed.keyIds[kmsProvider(writeKey) ?? ""];
    const proof: RotationProof = {
      cluster: this.uid,
      resource: name,
      writeKey,
      ...(keyId !== undefined && { keyId }),
      configHashes: [fullHash(this.control.sha256)],
      resourceVersion: result.listResourceVersion,
      objects: result.visited - result.gone,
      servers: agreed.reported.servers.map(({ host }) => host).sort(),
      loads: loadsOf(agreed.reported),
      missing: agreed.reported.missing,
      at: new Date().toISOString(),
    };
    return { proof, rewritten: result.rewritten, how: [inTree, ...agreed.evidence].join("; ") };
  }

  private async rewriteInTree(agreed: Settled): Promise<string> {
    if (this.migrator === "direct") return "directly";
    const { name, group, version, plural, inTree } = this.resource;
    if (!inTree) return "directly, since kube-controller-manager does not follow its objects";
    if (!(await this.someAreStale()))
      return `directly, since its first objects are under ${this.resource.writeKey} already`;
    const crd = await this.guarded();
    if (crd === "unknown") return "directly, since its CRD's storedVersions may not be guarded";
    const mark = { annotation: ROTATION_ANNOTATION, value: `${this.control.sha256} ${agreed.identity}` };
    const subject = { resource: { group, version, plural }, name, mark, ...(crd !== undefined && { crd }) };
    return (await rewriteInTree(this.cluster, subject, this.work)).message;
  }

  /**
   * kube-controller-manager's migrator waits until an event of the resource has passed, and where nothing is to be rewritten none
   * does for minutes. A few are tried, from the last one on, and a single stale one is rewritten by that: two of them say that more are. The
   * first is not tried, since the migrator needs a stale one among the first itself.
   */
  private async someAreStale(): Promise<boolean> {
    const { items } = await this.cluster.call<KubernetesList>({
      method: "GET",
      path: resourcePath(this.resource),
      query: { limit: SAMPLE },
      accept: MetadataOnly.list,
      signal: this.work.signal,
    });
    const sample = items ?? [];
    if (sample.length <= 1) return true;
    let missing = Math.min(2, sample.length - 1);
    for (const object of sample.slice(1).reverse()) {
      try {
        const answer = await touch(this.cluster, this.resource, object, this.work.signal);
        if (answer.metadata.resourceVersion !== object.metadata.resourceVersion && --missing === 0) return true;
      } catch (error) {
        this.work.signal.throwIfAborted();
        // One that cannot be rewritten is for the pass to report.
        if (!(error instanceof ApiError)) throw error;
      }
    }
    return false;
  }

  /** Its CRD, whose storedVersions a StorageVersionMigration would prune. A CRD's group has a dot. */
  private async guarded(): Promise<string | undefined> {
    const { name, group } = this.resource;
    if (!group.includes(".")) return undefined;
    try {
      await this.cluster.call({ method: "GET", path: definitionPath(name), signal: this.work.signal });
      return name;
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      if (hasStatus(error, 403)) return "unknown";
      throw error;
    }
  }
}

const SAMPLE = 10;
const ROTATION_ANNOTATION = `${FIELD_MANAGER}/rotation`;

function refuseFailures({ name, writeKey }: KeyedResource, result: RewriteResult): void {
  if (result.failedCount === 0) return;
  const problem = {
    what: `${name}: ${result.failedCount} of ${result.visited} objects could not be rewritten under ${writeKey}`,
    expected: "none",
    why: "every old key stays readable and nothing is retired",
    next: "fix these objects and run `pulumi up` again",
  };
  throw new UserError(withFailures(problem, result.failed, result.failedCount));
}
