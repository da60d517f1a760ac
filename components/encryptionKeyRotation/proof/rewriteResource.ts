import { FIELD_MANAGER } from "../../crd/names";
import { definitionPath } from "../../crd/definition";
import { type KubernetesList, MetadataOnly, resourcePath } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { ApiError, hasStatus, UserError } from "../../kubernetes/errors";
import type { Work } from "../../kubernetes/report";
import { rewriteInTree } from "../../migration/inTree/inTree";
import { withFailures } from "../../migration/rewrite/failures";
import { fullReportHash } from "../../kubernetes/encryptionReport";
import { rewriteAllObjects, type RewriteResult } from "../../migration/rewrite/rewriteAllObjects";
import { touchObject } from "../../migration/rewrite/touch";
import { digestReportedLoads } from "../servers/reports";
import type { RotationProof } from "./record";
import type { KeyedResource } from "./rotatedResources";
import { type Settled } from "./settledServers";
import { kmsKeyNameOfLabel } from "../configuration/keyNames";

export interface Rewritten {
  readonly proof: RotationProof;
  /** By our own pass: what an in-tree migration rewrote before it is unchanged to it. */
  readonly rewritten: number;
  /** One sentence on how, for the summary. */
  readonly how: string;
}

/** Rewrites every object of one resource, as often as it takes. */
export class ResourceRewrite {
  private inTree: string | undefined;

  constructor(
    private readonly cluster: Cluster,
    private readonly sha256: string,
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
    const result = await rewriteAllObjects(this.cluster, this.resource, this.work);
    refuseFailures(this.resource, result);
    return this.describe(agreed, result, this.inTree);
  }

  private describe(agreed: Settled, result: RewriteResult, inTree: string): Rewritten {
    const { name, writeKey } = this.resource;
    const keyId = agreed.keyIds[kmsKeyNameOfLabel(writeKey) ?? ""];
    const proof: RotationProof = {
      cluster: this.uid,
      resource: name,
      writeKey,
      ...(keyId !== undefined && { keyId }),
      configHashes: [fullReportHash(this.sha256)],
      resourceVersion: result.listResourceVersion,
      objects: result.visited - result.gone,
      servers: agreed.reported.servers.map(({ host }) => host).sort(),
      loads: digestReportedLoads(agreed.reported),
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
    const mark = { annotation: ROTATION_ANNOTATION, value: `${this.sha256} ${agreed.identity}` };
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
        const answer = await touchObject(this.cluster, this.resource, object, this.work);
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
