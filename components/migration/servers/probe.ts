import { type KubernetesObject, objectName, type Resource } from "../../kubernetes/api";
import type { ApiServer, ApiServers } from "../../kubernetes/apiServers";
import { ApiError, hasErrorStatus, UserError, whatOfError, isDryRunUnsupportedError } from "../../kubernetes/errors";
import { listFirstObjects } from "../../kubernetes/listFirstObjects";
import type { Work } from "../../kubernetes/report";
import { compareObjects } from "../rehearsal/compare";
import { RehearsalError } from "../rehearsal/rehearseObject";
import { WebhookError } from "../rehearsal/webhookClient";
import { type Guard, GuardError, rewriteUnderGuard, readGuarded } from "../rewrite/guard";
import { touchObject } from "../rewrite/touch";
import { visitEveryServer } from "./everyServer";

export const PROBE_ROUNDS = 2;
const LISTED = 50;
const CANDIDATES = 5;
const NAMED_PATHS = 5;

interface Probed extends Resource {
  readonly guard?: Guard | undefined;
}

/**
 * An object that this endpoint accepts, rewritten once without a loss; whole.
 *
 * @param edited names of objects that others wrote while they were tried: the last resort
 */
export async function pickProbe(
  servers: ApiServers,
  target: Probed,
  edited: ReadonlySet<string>,
  work: Work,
): Promise<{ object: KubernetesObject } | { why: string }> {
  const [server] = servers.servers;
  if (server === undefined) throw new Error("an ApiServers without servers");
  const { objects } = await listFirstObjects(server, target, LISTED, { signal: work.signal });
  let refusal = "there is none";
  for (const listed of quietestFirst(objects, edited).slice(0, CANDIDATES)) {
    try {
      return { object: await rewriteProbe(server, target, listed, work.signal) };
    } catch (error) {
      if (!isItsOwn(error)) throw error;
      refusal = whatOfError(error);
    }
  }
  return { why: refusal };
}

/** What is written all the time, say a status, tells nothing: each of its answers may be somebody else's write. */
function quietestFirst(objects: readonly KubernetesObject[], edited: ReadonlySet<string>): KubernetesObject[] {
  const writtenAt = ({ metadata }: KubernetesObject): string =>
    (metadata.managedFields ?? []).reduce((last, { time = "" }) => (time > last ? time : last), "");
  const rank = (object: KubernetesObject): string => `${edited.has(objectName(object)) ? 1 : 0} ${writtenAt(object)}`;
  return [...objects].sort((left, right) => (rank(left) < rank(right) ? -1 : rank(left) > rank(right) ? 1 : 0));
}

/** What is wrong with this object or its conversion: another one may do. */
function isItsOwn(error: unknown): boolean {
  return [ApiError, RehearsalError, GuardError, WebhookError].some((each) => error instanceof each);
}

async function rewriteProbe(
  server: ApiServer,
  target: Probed,
  listed: KubernetesObject,
  signal: AbortSignal,
): Promise<KubernetesObject> {
  const { guard } = target;
  if (guard === undefined) return touchObject(server, target, listed, { signal, whole: true });
  const original = await readGuarded(server, guard.from, listed, signal);
  return rewriteUnderGuard(server, target, guard, original, { signal, whole: true });
}

/** An answer with another resourceVersion. */
export interface ProbeChange {
  readonly address: string;
  /** The object is another one now, so somebody else wrote it; a server that lags leaves it as it was. */
  readonly isEdited: boolean;
}

/** @returns the first server's answer that shows a change, or undefined when none does */
export async function probeRounds(
  servers: ApiServers,
  target: Probed,
  object: KubernetesObject,
  work: Work,
): Promise<ProbeChange | undefined> {
  for (let round = 0; round < PROBE_ROUNDS; round++) {
    for await (const server of visitEveryServer(servers, work)) {
      const change = await probeServer(server, target, object, work.signal);
      if (change !== undefined) return change;
    }
  }
  return undefined;
}

/** A deleted object, like one that someone else wrote in between, is no answer: another round will tell. */
async function probeServer(
  server: ApiServer,
  target: Probed,
  object: KubernetesObject,
  signal: AbortSignal,
): Promise<ProbeChange | undefined> {
  try {
    // A server that lags converts it back, which a dry run does as well (k8s.io/apiserver pkg/registry/generic/registry/dryrun.go).
    const dry = await patchProbe(server, target, object, signal);
    if (dry !== undefined) assertProbeKept(server, object, dry, "would lose");
    const answer = await touchObject(server, target, object, { signal, whole: true });
    assertProbeKept(server, object, answer, "lost");
    if (answer.metadata.resourceVersion === object.metadata.resourceVersion) return undefined;
    return { address: server.address, isEdited: stateOf(answer) !== stateOf(object) };
  } catch (error) {
    if (hasErrorStatus(error, 404)) return { address: server.address, isEdited: true };
    throw error;
  }
}

function stateOf({ metadata: { resourceVersion: _, ...metadata }, ...rest }: KubernetesObject): string {
  return JSON.stringify({ ...rest, metadata });
}

/** Undefined where an admission webhook does not support dry runs. */
async function patchProbe(
  server: ApiServer,
  target: Resource,
  object: KubernetesObject,
  signal: AbortSignal,
): Promise<KubernetesObject | undefined> {
  try {
    return await touchObject(server, target, object, { signal, whole: true, isDry: true });
  } catch (error) {
    if (isDryRunUnsupportedError(error)) return undefined;
    throw error;
  }
}

/** Whoever else takes a field out leaves its mark in managedFields; what a conversion loses leaves none. */
function assertProbeKept(server: ApiServer, before: KubernetesObject, after: KubernetesObject, verb: string): void {
  const isEdited = JSON.stringify(before.metadata.managedFields) !== JSON.stringify(after.metadata.managedFields);
  const { lost } = compareObjects(before, after);
  if (isEdited || lost.length === 0) return;
  throw new UserError({
    what: `PATCH {} on ${objectName(before)} through API server ${server.address} ${verb} ${lost.slice(0, NAMED_PATHS).join(", ")}`,
    expected: "every field kept",
    why: "that server still stored another version, and the conversion to it, or back, began to lose fields",
    next: "correct the conversion webhook and run `pulumi up` again",
  });
}
