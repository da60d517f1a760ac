import { FIELD_MANAGER } from "../../crd/names";
import type { Cluster } from "../../kubernetes/cluster";
import type { Problem } from "../../kubernetes/problem";
import type { Work } from "../../kubernetes/report";
import { endInTree } from "../../migration/inTree/endInTree";
import { rewriteInTree } from "../../migration/inTree/inTree";
import type { InTreeWait } from "../../migration/inTree/inTreeState";
import { someAreStale } from "../../migration/inTree/someAreStale";
import type { MigrationSubject } from "../../migration/inTree/storageVersionMigration";
import { assertNoneFailed } from "../../migration/rewrite/failures";
import { fullReportHash } from "../../kubernetes/encryptionReport";
import type { RewriteResult, Sending } from "../../migration/rewrite/rewriteAllObjects";
import { rewriteWhenOver } from "../../migration/rewrite/rewriteWhenOver";
import { SharedRow } from "../../migration/rewrite/sharedRow";
import { digestReportedLoads } from "../servers/reports";
import type { RotationProof } from "./record";
import type { KeyedResource } from "./rotatedResources";
import { type Settled } from "./settledServers";
import { describeExposed, throughStorageVersion } from "./throughStorageVersion";
import { DefinitionMovedUnderway, UnmovedDefinition } from "./unmovedDefinition";
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
  /** Of kube-controller-manager. */
  private asked: MigrationSubject | undefined;
  /** Objects that were rewritten while their CRD moved. */
  private exposed: readonly string[] = [];

  constructor(
    private readonly cluster: Cluster,
    private readonly sha256: string,
    private readonly resource: KeyedResource,
    private readonly uid: string,
    private readonly migrator: "in-tree" | "direct",
  ) {}

  /**
   * The pass that counts, once requests in flight are over. What goes before it needs no proof of its own.
   *
   * @throws DefinitionMovedUnderway where it was for nothing: another pass looks at the CRD anew
   */
  async pass(agreed: Settled, waited: Promise<number>, work: Work): Promise<Rewritten> {
    if (this.resource.crd === undefined) return this.rewrite(this.resource, agreed, waited, work);
    const { resource, live } = await throughStorageVersion(this.cluster, this.resource, this.exposed);
    if (live === undefined) return this.rewrite(resource, agreed, waited, work);
    const unmoved = new UnmovedDefinition(this.cluster, live);
    const watched = { ...work, signal: AbortSignal.any([work.signal, unmoved.signal]) };
    const sending: Sending = (object, send) => unmoved.sending(object, send);
    try {
      return await unmoved.during(() => this.rewrite(resource, agreed, waited, watched, sending));
    } catch (error) {
      if (error instanceof DefinitionMovedUnderway) {
        this.exposed = [...new Set([...this.exposed, ...error.exposed])];
        this.inTree ??= "directly, since its CRD was changed meanwhile";
        // Where it fails, kube-controller-manager ends it by itself.
        if (this.asked !== undefined) await endInTree(this.cluster, this.asked, work.signal).catch(() => undefined);
      }
      throw error;
    }
  }

  private async rewrite(
    resource: KeyedResource,
    agreed: Settled,
    waited: Promise<number>,
    work: Work,
    sending?: Sending,
  ): Promise<Rewritten> {
    const named = {
      ...work,
      cluster: this.cluster,
      report: (message: string) => work.report(`${resource.name}: ${message}`),
    };
    const row = new SharedRow(named.report);
    const isAhead = agreed.isOfEveryServer && this.inTree === undefined;
    // Decided by what is stale: before anything is rewritten ahead.
    const decided = this.inTree ?? (await this.decideInTree(resource, agreed, named));
    const inTree = (waits: InTreeWait): Promise<void> =>
      row.step("in-tree", named, (step) => this.rewriteInTree(decided, step, waits));
    const result = await rewriteWhenOver(resource, { waited, inTree, isAhead, sending }, row, named);
    assertNoneFailed(result, describeUnwritten(resource, result));
    return this.describe(agreed, result);
  }

  private async rewriteInTree(decided: MigrationSubject | string, work: Work, waits: InTreeWait): Promise<void> {
    if (typeof decided !== "string") this.asked = decided;
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
    return {
      proof,
      rewritten: result.rewritten,
      how: [this.inTree ?? "", ...describeExposed(this.exposed), ...agreed.evidence].join("; "),
    };
  }

  /** What a StorageVersionMigration is to do, or why there is none. */
  private async decideInTree(resource: KeyedResource, agreed: Settled, work: Work): Promise<MigrationSubject | string> {
    if (this.migrator === "direct") return "directly";
    const { name, group, version, plural, inTree, crd } = resource;
    if (!inTree) return "directly, since kube-controller-manager does not follow its objects";
    if (!(await someAreStale(this.cluster, resource, work)))
      return `directly, since its first objects are under ${resource.writeKey} already`;
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
