import { findApiServers } from "../../kubernetes/apiServers";
import type { Cluster } from "../../kubernetes/cluster";
import type { Work } from "../../kubernetes/report";
import { SharedRow } from "../../migration/rewrite/sharedRow";
import { waitForRequestsInFlight } from "../../migration/servers/inFlight";
import { awaitFileAgreement, type ServersAgreed } from "../servers/fileAgreement";
import { awaitKmsKeyId } from "../servers/kms";
import { digestReportedLoads, type Reported, readReportsNow } from "../servers/reports";
import type { KeyedResource } from "./rotatedResources";
import { kmsKeyNameOfLabel } from "../configuration/keyNames";

/** What all of them are to run with, and for which resources. */
export interface Expectation {
  /** Of the file that every API server is to run with; empty where it cannot be looked at. */
  readonly sha256: string;
  readonly since?: Reported | undefined;
  readonly resources: readonly KeyedResource[];
  /** The API servers' --request-timeout. */
  readonly requestTimeoutSeconds: number;
  readonly decommissioned: readonly string[];
  /** See `Awaited`. */
  readonly timeoutSeconds?: number;
}

/** What every server runs with, agreed once and looked at again after each pass. */
export interface Settled extends ServersAgreed {
  readonly keyIds: Readonly<Record<string, string>>;
  /** While it stays, no server has loaded another file, been restarted or taken up another KMS key. */
  readonly identity: string;
  readonly distinct: boolean;
  /** Each API server, by its own address, said that it runs with the file. */
  readonly isOfEveryServer: boolean;
}

export class SettledServers {
  /** The wait goes on beside what is rewritten. */
  readonly row: SharedRow;
  private readonly knownKeyIds = new Map<string, string>();
  private settled: { readonly agreed: Settled; readonly waited: Promise<number> } | undefined;

  constructor(
    private readonly cluster: Cluster,
    private readonly expected: Expectation,
    private readonly work: Work,
  ) {
    this.row = new SharedRow(work.report);
  }

  get sha256(): string {
    return this.expected.sha256;
  }

  /** Agreement, and the wait for requests that began before it; both hold for every resource until something moves. */
  async settle(): Promise<{ agreed: Settled; waited: Promise<number> }> {
    if (this.settled === undefined) {
      const agreed = await this.agree();
      const { requestTimeoutSeconds } = this.expected;
      const waited = this.row.step("wait", this.work, (step) => waitForRequestsInFlight(requestTimeoutSeconds, step));
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
    const identity = [digestReportedLoads(converged.reported), JSON.stringify(keyIds)].join(" ");
    const distinct = converged.reported.missing.length === 0;
    const isOfEveryServer = distinct && this.sha256 !== "";
    return {
      ...converged,
      evidence: [...converged.evidence, ...evidence],
      keyIds,
      identity,
      distinct,
      isOfEveryServer,
    };
  }

  /** Without a target there is no file to agree on. */
  private async agreement(): Promise<ServersAgreed> {
    if (this.sha256 !== "") return awaitFileAgreement(this.cluster, this.expected, this.work);
    const reported = await readReportsNow(this.cluster, this.expected.decommissioned, this.work);
    return { reported, evidence: [`${reported.description} answered; which file they run with was not looked at`] };
  }

  private async keyIds(): Promise<{ keyIds: Record<string, string>; evidence: string[] }> {
    const labels = new Set(this.expected.resources.map(({ writeKey }) => writeKey));
    const providers = [...labels].map(kmsKeyNameOfLabel).filter((provider) => provider !== undefined);
    const keyIds: Record<string, string> = {};
    const evidence: string[] = [];
    if (providers.length === 0) return { keyIds, evidence };
    const servers = await findApiServers(this.cluster, { ...this.work, decommissioned: this.expected.decommissioned });
    try {
      for (const provider of providers) {
        const seen = await awaitKmsKeyId(servers, provider, this.knownKeyIds.get(provider), this.work);
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
