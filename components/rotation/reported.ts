import type { Cluster } from "../kubernetes/cluster";
import type { Work } from "../kubernetes/report";

/** What one kube-apiserver process says of its encryption configuration, in its metrics. */
export interface ReportedServer {
  /** Hostname of its identity Lease; the advertised address where its metrics do not tell which Lease is its own. */
  readonly host: string;
  /** process_start_time_seconds: another one is another process, with counters of its own. */
  readonly started: string;
  /** `sha256:…` of the file's bytes as it loaded them; since 1.34. */
  readonly hash?: string;
  /** Reloads that succeeded, and that failed, since it started. */
  readonly reloads: number;
  readonly failures: number;
  /** KMS v2: provider's name → hash of the key id that it told last. */
  readonly keyIds: Readonly<Record<string, string>>;
}

export interface Reported {
  readonly servers: readonly ReportedServer[];
  /** `3 API servers (cp-1, cp-2, cp-3)`. */
  readonly description: string;
  /** Evidence that could not be had, in sentences. */
  readonly missing: readonly string[];
}

/** One survey of every API server. Serializable: a write's `since` is kept in the record. */
export function reportedNow(_cluster: Cluster, _gone: readonly string[], _work: Work): Promise<Reported> {
  throw new Error("to be written");
}
