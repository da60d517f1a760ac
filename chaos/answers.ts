import type { Answer } from "../local/cluster/client";
import type { Action } from "./history";

/** What a client learns from an answer, or from having none. */
export type Learnt =
  | { readonly outcome: "ok" }
  /** Not what was asked for, and an observation of its own. */
  | { readonly outcome: "seen"; readonly action: Action }
  | { readonly outcome: "refused" | "unknown" };

interface Status {
  reason?: string;
  message?: string;
  details?: { name?: string };
}

/** Of the request for `name`. Only an answer that says so excludes that it has happened, or may still happen. */
export function learn(kind: Action["kind"], name: string, { status, body }: Answer): Learnt {
  const { reason, details } = (typeof body === "object" && body !== null ? body : {}) as Status;
  if (status >= 200 && status < 300) return { outcome: "ok" };
  // Without the object's name in it, it is the path that is not found: the version is not served.
  if (status === 404 && details?.name === name) return { outcome: "seen", action: { kind: "read", value: null } };
  if (status === 409 && reason === "AlreadyExists" && kind === "create")
    return { outcome: "seen", action: { kind: "exists" } };
  return { outcome: status >= 500 ? "unknown" : "refused" };
}

/** No connection was made, so nothing was sent. */
export function learnFromError({ message }: Error): Learnt {
  return { outcome: /ECONNREFUSED/.test(message) ? "refused" : "unknown" };
}

/** For people: status and message. */
export function describeAnswer({ status, body }: Answer): string {
  const { message } = (typeof body === "object" && body !== null ? body : {}) as Status;
  return `${status} ${message ?? String(body).slice(0, 200)}`.trim();
}
