import { FIELD_MANAGER } from "../../crd/names";
import type { Cluster } from "../../kubernetes/cluster";
import type { Problem } from "../../kubernetes/problem";
import type { Work } from "../../kubernetes/report";
import { rewriteInTree } from "../../migration/inTree/inTree";
import type { InTreeWait } from "../../migration/inTree/inTreeState";
import { someAreStale } from "../../migration/inTree/someAreStale";
import type { MigrationSubject } from "../../migration/inTree/storageVersionMigration";
import { assertNoneFailed } from "../../migration/rewrite/failures";
import { fullReportHash } from "../../kubernetes/encryptionReport";
import type { RewriteResult } from "../../migration/rewrite/rewriteAllObjects";
import { rewriteWhenOver } from "../../migration/rewrite/rewriteWhenOver";
import { SharedRow } from "../../migration/rewrite/sharedRow";
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
  ) {}

  /** The pass that counts, once requests in flight are over. What goes before it needs no proof of its own. */
  async pass(agreed: Settled, waited: Promise<number>, work: Work): Promise<Rewritten> {
    const named = {
      ...work,
      cluster: this.cluster,
      report: (message: string) => work.report(`${this.resource.name}: ${message}`),
    };
    const row = new SharedRow(named.report);
    const isAhead = agreed.isOfEveryServer && this.inTree === undefined;
    // Decided by what is stale: before anything is rewritten ahead.
    const decided = this.inTree ?? (await this.decideInTree(agreed, named));
    const inTree = (waits: InTreeWait): Promise<void> =>
      row.step("in-tree", named, (step) => this.rewriteInTree(decided, step, waits));
    const result = await rewriteWhenOver(this.resource, { waited, inTree, isAhead }, row, named);
    assertNoneFailed(result, describeUnwritten(this.resource, result));
    return this.describe(agreed, result);
  }

  private async rewriteInTree(decided: MigrationSubject | string, work: Work, waits: InTreeWait): Promise<void> {
    this.inTree =
      typeof decided === "string" ? decided : (await rewriteInTree(this.cluster, decided, work, waits)).message;
  }

  private describe(agreed: Settled, result: RewriteResult): Rewritten {
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
    return { proof, rewritten: result.rewritten, how: [this.inTree ?? "", ...agreed.evidence].join("; ") };
  }

  /** What a StorageVersionMigration is to do, or why there is none. */
  private async decideInTree(agreed: Settled, work: Work): Promise<MigrationSubject | string> {
    if (this.migrator === "direct") return "directly";
    const { name, group, version, plural, inTree, crd } = this.resource;
    if (!inTree) return "directly, since kube-controller-manager does not follow its objects";
    if (!(await someAreStale(this.cluster, this.resource, work)))
      return `directly, since its first objects are under ${this.resource.writeKey} already`;
    const mark = { annotation: ROTATION_ANNOTATION, value: `${this.sha256} ${agreed.identity}` };
    return { resource: { group, version, plural }, name, mark, ...(crd !== undefined && { crd }) };
  }
}

const ROTATION_ANNOTATION = `${FIELD_MANAGER}/rotation`;

function describeUnwritten({ name, writeKey }: KeyedResource, { failedCount, visited }: RewriteResult): Problem {
  return {
    what: `${name}: ${failedCount} of ${visited} objects could not be rewritten under ${writeKey}`,
    why: "every old key stays readable and nothing is retired",
    next: "fix these objects and run `pulumi up` again",
  };
}
