import { createHash } from "crypto";
import type { IdentityLease } from "./identityLeases";
import { type Sample, metricSamplesOf } from "./metrics";

/** What one kube-apiserver process says of its encryption configuration, in its metrics. */
export interface ReportedServer {
  /** Hostname of its identity Lease; the advertised address where its metrics do not tell which Lease is its own. */
  readonly host: string;
  /** The address it advertises; absent where a balancer deals out single requests. */
  readonly address?: string;
  /** It answered where neither its Lease nor its address could be told: whichever it was. */
  readonly anonymous?: true;
  /** process_start_time_seconds: another one is another process, with counters of its own. */
  readonly started: string;
  /** `sha256:…` of the file's bytes as it loaded them; since 1.34. */
  readonly hash?: string;
  /** Of a release that reports the hash of whatever file it runs with (1.34): without one, it runs with none. */
  readonly unencrypted?: true;
  /** Reloads that succeeded, and that failed, since it started. */
  readonly reloads: number;
  readonly failures: number;
  /** KMS v2: provider's name → hash of the key id that it told last. */
  readonly keyIds: Readonly<Record<string, string>>;
}

const CONTROLLER = "apiserver_encryption_config_controller";
const KEY_ID = "apiserver_envelope_encryption_key_id_hash_status_last_timestamp_seconds";

/**
 * From the text of `/metrics`. https://kubernetes.io/docs/reference/instrumentation/metrics/
 *
 * @param address stands in for the host where no metric tells the Lease: before 1.34 none does until the first reload
 */
export function encryptionReportOf(metrics: string, leases: readonly IdentityLease[], address: string): ReportedServer {
  const hashes = metricSamplesOf(metrics, `${CONTROLLER}_last_config_info`).filter(({ value }) => value === 1);
  const reloads = metricSamplesOf(metrics, `${CONTROLLER}_automatic_reloads_total`);
  const keyIds = metricSamplesOf(metrics, KEY_ID);
  const id = [...hashes, ...reloads, ...keyIds].map(({ labels }) => labels["apiserver_id_hash"]).find(Boolean);
  const [only] = leases;
  const lease = leases.find(({ name }) => idHash(name) === id) ?? (leases.length === 1 ? only : undefined);
  const [hash, ...others] = hashes.map(({ labels }) => labels["hash"]);
  const [started] = metricSamplesOf(metrics, "process_start_time_seconds");
  const [build] = metricSamplesOf(metrics, "kubernetes_build_info");
  return {
    host: lease?.host ?? address,
    started: String(started?.value ?? ""),
    ...(hash !== undefined && others.length === 0 && { hash }),
    ...(hash === undefined && reportsHash(build?.labels["git_version"]) && { unencrypted: true }),
    reloads: sum(reloads, "success"),
    failures: sum(reloads, "failure"),
    keyIds: latestKeyIds(keyIds),
  };
}

/** k8s.io/apiserver pkg/server/options/etcd.go: reported from the start, whether the file is reloaded or not; since 1.34. */
function reportsHash(version = ""): boolean {
  const [, major = 0, minor = 0] = /^v(\d+)\.(\d+)\./.exec(version) ?? [];
  return Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 34);
}

/** How a server's metrics name it: by its Lease. k8s.io/apiserver pkg/server/options/encryptionconfig/metrics/metrics.go */
function idHash(lease: string): string {
  return `sha256:${createHash("sha256").update(lease).digest("hex")}`;
}

function sum(samples: readonly Sample[], status: string): number {
  return samples.filter(({ labels }) => labels["status"] === status).reduce((total, { value }) => total + value, 0);
}

/** The last one told counts: what was told before stays in the metrics. */
function latestKeyIds(samples: readonly Sample[]): Record<string, string> {
  const latest = new Map<string, Sample>();
  for (const sample of samples) {
    const provider = sample.labels["provider_name"] ?? "";
    if (sample.value >= (latest.get(provider)?.value ?? 0)) latest.set(provider, sample);
  }
  return Object.fromEntries([...latest].map(([provider, { labels }]) => [provider, labels["key_id_hash"] ?? ""]));
}

export function shortHashOfEncryptionReport(hash: string): string {
  return fullReportHash(hash).slice(0, "sha256:".length + 12);
}

/** As the API server writes it. */
export function fullReportHash(sha256: string): string {
  return sha256.startsWith("sha256:") ? sha256 : `sha256:${sha256}`;
}
