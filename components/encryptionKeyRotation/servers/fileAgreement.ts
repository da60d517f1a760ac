import { ReloadFailed } from "../targets/reload";
import { findApiServers } from "../../kubernetes/apiServers";
import type { Cluster } from "../../kubernetes/cluster";
import { fullReportHash, type ReportedServer, shortHashOfEncryptionReport } from "../../kubernetes/encryptionReport";
import { ApiError, UserError, whatOfError } from "../../kubernetes/errors";
import type { Problem } from "../../kubernetes/problem";
import type { Work } from "../../kubernetes/report";
import { sleep } from "../../kubernetes/sleep";
import { readReports, type Reported } from "./reports";

export interface ExpectedFile {
  /** Of the file that was written, hexadecimal, with or without `sha256:` in front. */
  readonly sha256: string;
  /**
   * What the servers reported just before the write; after a kill, the record's (`reportsBeforeRecordedWrite`). Where a server is older than 1.34 it
   * is the only way to tell that it loaded this file.
   */
  readonly since?: Reported | undefined;
  /** Hosts that the user declares decommissioned. */
  readonly decommissioned?: readonly string[];
  /** How long the slowest server may take. @default 300 seconds: it polls once a minute, or is restarted */
  readonly timeoutSeconds?: number;
}

export interface ServersAgreed {
  readonly reported: Reported;
  /** What was seen, as sentences for the output. */
  readonly evidence: readonly string[];
}

const TIMEOUT_SECONDS = 300;
/** A server that does not answer for so long is not merely being restarted. */
const OUTAGE_SECONDS = 90;
const POLL_MS = 1_000;

/**
 * Waits until every API server runs with exactly this file. Finds the servers itself, so one that restarts or is added meanwhile is
 * met by its new process.
 *
 * @throws ReloadFailed as soon as a server's failure counter moves; UserError naming the host that lags
 */
export async function awaitFileAgreement(cluster: Cluster, awaited: ExpectedFile, work: Work): Promise<ServersAgreed> {
  const { sha256, decommissioned = [], timeoutSeconds = TIMEOUT_SECONDS } = awaited;
  const began = performance.now();
  let { since } = awaited;
  for (;;) {
    const { reported, verdict } = await askServers(cluster, { sha256, decommissioned, since }, work);
    if (reported !== undefined && verdict.kind === "loaded")
      return { reported, evidence: evidenceOf(reported, sha256) };
    if (verdict.kind === "failed") throw new ReloadFailed(verdict.host, describeFailure(verdict.host, sha256));
    since = withNewServers(since, reported);
    const waited = (performance.now() - began) / 1_000;
    const { lag, next, error } = verdict.kind === "lagging" ? verdict : { lag: "", next: undefined, error: undefined };
    if (error !== undefined && waited > Math.min(OUTAGE_SECONDS, timeoutSeconds)) throw error;
    if (waited > timeoutSeconds) throw new UserError(describeLag(lag, waited, sha256, next));
    work.report(
      `waiting for every API server to load ${shortHashOfEncryptionReport(sha256)}: ${lag} (${Math.round(waited)} s)`,
    );
    await sleep(POLL_MS, work.signal);
  }
}

/** Of a server met only now, the first look stands for what was before: a counter that moves from now on tells. */
function withNewServers(since: Reported | undefined, reported: Reported | undefined): Reported | undefined {
  if (since === undefined || reported === undefined) return since ?? reported;
  const added = reported.servers.filter((server) => !since.servers.some((each) => isSameReport(each, server)));
  return { ...since, servers: [...since.servers, ...added] };
}

type Verdict =
  | { readonly kind: "loaded" }
  | { readonly kind: "failed"; readonly host: string }
  | { readonly kind: "lagging"; readonly lag: string; readonly next?: string; readonly error?: Error };

async function askServers(
  cluster: Cluster,
  expectation: Omit<Expectation, "leases">,
  work: Work,
): Promise<{ reported?: Reported; verdict: Verdict }> {
  try {
    const servers = await findApiServers(cluster, { ...work, decommissioned: expectation.decommissioned });
    try {
      const reported = await readReports(servers, work);
      const verdict = judgeFileAgreement(reported, {
        ...expectation,
        leases: servers.identities.map(({ host }) => host),
      });
      if (verdict.kind === "loaded") await servers.alive(work);
      return { reported, verdict };
    } finally {
      servers.close();
    }
  } catch (error) {
    work.signal.throwIfAborted();
    // A reload command may restart them: with a single one nothing answers meanwhile, with several a Lease is not renewed.
    // One that has just started answers 429 until it has read what it lists.
    const isRefused = error instanceof ApiError && error.status < 500 && error.status !== 429;
    if (!(error instanceof UserError) || isRefused) throw error;
    return { verdict: { kind: "lagging", lag: whatOfError(error), error } };
  }
}

export interface Expectation {
  readonly sha256: string;
  readonly decommissioned: readonly string[];
  readonly since: Reported | undefined;
  /** Hosts with an identity Lease; empty where they may not be listed. */
  readonly leases: readonly string[];
}

/** Whether these servers run with the file. Pure. */
export function judgeFileAgreement(reported: Reported, expectation: Expectation): Verdict {
  const before = (server: ReportedServer): ReportedServer | undefined =>
    expectation.since?.servers.find((each) => isSameReport(each, server));
  const twice = reported.servers.find(
    ({ host }, at) => reported.servers.findIndex((each) => each.host === host) !== at,
  );
  if (twice !== undefined && twice.hash === undefined) return { kind: "lagging", lag: INDISTINCT };
  const expected = { hash: fullReportHash(expectation.sha256), restored: expectation.since?.restored === true };
  const verdicts = reported.servers.map((server) => compareServer(server, before(server), expected));
  const failed = verdicts.find(({ kind }) => kind === "failed");
  if (failed !== undefined) return failed;
  const lagging = verdicts.find(({ kind }) => kind === "lagging");
  if (lagging !== undefined) return lagging;
  if (reported.servers.length < expectation.leases.length) {
    return { kind: "lagging", lag: reported.missing.at(-1) ?? "not every API server was met" };
  }
  const absent = (expectation.since?.servers ?? []).filter(
    (each) =>
      !expectation.decommissioned.includes(each.host) && !reported.servers.some((server) => isSameReport(each, server)),
  );
  // Who answered before could not be told then; every server that has announced itself is compared now.
  const first = absent.find(({ anonymous }) => anonymous !== true || expectation.leases.length === 0);
  if (first === undefined) return { kind: "loaded" };
  return {
    kind: "lagging",
    lag: `${first.host} is not there any more`,
    next: `bring it back, or, once it can never return, set decommissionedServers: ["${first.host}"]`,
  };
}

const INDISTINCT =
  "several API servers answer as one, and none tells which file it loaded (they can from Kubernetes 1.34 on)";

/** The host is not known before the first reload, and the address not behind every balancer. */
function isSameReport(a: ReportedServer, b: ReportedServer): boolean {
  return a.host === b.host || (a.address !== undefined && a.address === b.address);
}

function compareServer(
  now: ReportedServer,
  before: ReportedServer | undefined,
  expected: { hash: string; restored: boolean },
): Verdict {
  const { host, hash } = now;
  if (hash === expected.hash) return { kind: "loaded" };
  // Restarted without the flag it writes plain data, and reads nothing that the others encrypt.
  if (now.unencrypted === true) return { kind: "lagging", lag: `${host} runs without --encryption-provider-config` };
  const restarted = before !== undefined && before.started !== now.started;
  const counted = restarted || before === undefined ? { reloads: 0, failures: 0 } : before;
  const reloads = now.reloads - counted.reloads;
  // Rolled back: either it never loaded the other file, or it loaded that and then this.
  const reloaded = expected.restored ? reloads === 0 || reloads > 1 : reloads > 0;
  if (hash === undefined && before !== undefined && (restarted || reloaded)) return { kind: "loaded" };
  if (before !== undefined && now.failures > counted.failures) return { kind: "failed", host };
  const lag =
    hash !== undefined
      ? `${host} runs with ${shortHashOfEncryptionReport(hash)}`
      : before === undefined
        ? `${host} does not tell which file it loaded (it can from Kubernetes 1.34 on), and was neither restarted nor reloaded since we looked`
        : `${host} was neither restarted nor reloaded since the file was written`;
  return { kind: "lagging", lag };
}

function evidenceOf(reported: Reported, sha256: string): string[] {
  const hashed = reported.servers.every(({ hash }) => hash !== undefined);
  const seen = hashed
    ? `each of ${reported.description} reports ${shortHashOfEncryptionReport(sha256)}`
    : `each of ${reported.description} was restarted or reloaded since the file was written (their release reports no hash)`;
  return [seen, ...reported.missing];
}

const LOOK_AT_FLAGS =
  "look whether --encryption-provider-config names this file and --encryption-provider-config-automatic-reload is on (else give a reload command, or restart it); then run `pulumi up` again";

function describeFailure(host: string, sha256: string): Problem {
  return {
    what: `API server on ${host} refused the encryption configuration ${shortHashOfEncryptionReport(sha256)}: its counter apiserver_encryption_config_controller_automatic_reloads_total{status="failure"} moved`,
    expected: "the API server to load the file",
    why: "it goes on with the file it had, but would not start with this one",
    next: "read its log",
  };
}

function describeLag(lag: string, waited: number, sha256: string, next = LOOK_AT_FLAGS): Problem {
  return {
    what: `${lag}, ${Math.round(waited)} s after the file was written`,
    expected: `every API server to run with ${shortHashOfEncryptionReport(sha256)}`,
    why: "nothing was changed further",
    next,
  };
}
