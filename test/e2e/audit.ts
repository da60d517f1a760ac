import * as fs from "fs";
import * as path from "path";

/** One request as kube-apiserver's own audit log has it. */
export interface AuditedRequest {
  verb: string;
  uri: string;
  /** Milliseconds since 1970, to the microsecond. */
  began: number;
  ended: number;
}

/**
 * Flags for an API server that writes down every request.
 * https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/
 */
export function auditFlags(dir: string, log: string): string[] {
  const policy = path.join(dir, "audit-policy.json");
  const rules = [{ level: "Metadata", omitStages: ["RequestReceived"] }];
  fs.writeFileSync(policy, JSON.stringify({ apiVersion: "audit.k8s.io/v1", kind: "Policy", rules }));
  return [`--audit-policy-file=${policy}`, `--audit-log-path=${log}`];
}

/** What one user (a service account) asked for since then. */
export function auditedRequests(log: string, user: string, since: string): AuditedRequest[] {
  const events = fs
    .readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as AuditEvent);
  return events
    .filter((event) => event.user.username.endsWith(`:${user}`) && event.requestReceivedTimestamp >= since)
    .map((event) => ({
      verb: event.verb,
      uri: event.requestURI,
      began: microseconds(event.requestReceivedTimestamp),
      ended: microseconds(event.stageTimestamp),
    }));
}

/** The most requests that were under way at one moment. */
export function mostInFlight(requests: readonly AuditedRequest[]): number {
  const moments = requests.flatMap(({ began, ended }): [number, number][] => [
    [began, 1],
    [ended, -1],
  ]);
  moments.sort(([left, up], [right, down]) => left - right || up - down);
  let now = 0;
  return Math.max(0, ...moments.map(([, change]) => (now += change)));
}

interface AuditEvent {
  user: { username: string };
  verb: string;
  requestURI: string;
  requestReceivedTimestamp: string;
  stageTimestamp: string;
}

/** `2026-01-02T03:04:05.678901Z`: Date knows milliseconds only. */
function microseconds(timestamp: string): number {
  const fraction = /\.\d{3}(\d{3})Z$/.exec(timestamp)?.[1] ?? "0";
  return Date.parse(timestamp) + Number(fraction) / 1000;
}
