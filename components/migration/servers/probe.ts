import {
  type KubernetesList,
  type KubernetesObject,
  MetadataOnly,
  objectName,
  type Resource,
  resourcePath,
} from "../../kubernetes/api";
import type { ApiServer, ApiServers } from "../../kubernetes/apiServers";
import { ApiError, hasErrorStatus, UserError, whatOfError, isDryRunUnsupportedError } from "../../kubernetes/errors";
import type { Work } from "../../kubernetes/report";
import { compareObjects } from "../rehearsal/compare";
import { RehearsalError } from "../rehearsal/rehearseObject";
import { WebhookError } from "../rehearsal/webhookClient";
import { type Guard, GuardError, rewriteUnderGuard, isGuarded, readGuarded } from "../rewrite/guard";
import { touchObject } from "../rewrite/touch";
import { visitEveryServer } from "./everyServer";

export const PROBE_ROUNDS = 2;
const CANDIDATES = 5;
const NAMED_PATHS = 5;

interface Probed extends Resource {
  readonly guard?: Guard | undefined;
}

/** An object that this endpoint accepts, rewritten once without a loss; whole. */
export async function pickProbe(
  servers: ApiServers,
  target: Probed,
  work: Work,
): Promise<{ object: KubernetesObject } | { why: string }> {
  const [server] = servers.servers;
  if (server === undefined) throw new Error("an ApiServers without servers");
  const list = await server.call<KubernetesList>({
    method: "GET",
    path: resourcePath(target),
    query: { limit: CANDIDATES },
    accept: MetadataOnly.list,
    signal: work.signal,
  });
  let refusal = "there is none";
  for (const listed of list.items ?? []) {
    try {
      return { object: await rewriteFirst(server, target, listed, work.signal) };
    } catch (error) {
      if (!isItsOwn(error)) throw error;
      refusal = whatOfError(error);
    }
  }
  return { why: refusal };
}

/** What is wrong with this object or its conversion: another one may do. */
function isItsOwn(error: unknown): boolean {
  return [ApiError, RehearsalError, GuardError, WebhookError].some((each) => error instanceof each);
}

async function rewriteFirst(
  server: ApiServer,
  target: Probed,
  listed: KubernetesObject,
  signal: AbortSignal,
): Promise<KubernetesObject> {
  const { guard } = target;
  if (!isGuarded(guard, listed)) return touchObject(server, target, listed, { signal, whole: true });
  const original = await readGuarded(server, guard.from, listed, signal);
  return rewriteUnderGuard(server, target, guard, original, { signal, whole: true });
}

/** @returns the address of a server whose answer had another resourceVersion, or undefined when none had */
export async function probeRounds(
  servers: ApiServers,
  target: Probed,
  object: KubernetesObject,
  work: Work,
): Promise<string | undefined> {
  for (let round = 0; round < PROBE_ROUNDS; round++) {
    for await (const server of visitEveryServer(servers, work)) {
      const changed = await probe(server, target, object, work.signal);
      if (changed) return server.address;
    }
  }
  return undefined;
}

/** A deleted object, like one that someone else wrote in between, is no answer: another round will tell. */
async function probe(
  server: ApiServer,
  target: Probed,
  object: KubernetesObject,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    // A server that lags converts it back, which a dry run does as well (k8s.io/apiserver pkg/registry/generic/registry/dryrun.go).
    const dry = await patchDry(server, target, object, signal);
    if (dry !== undefined) assertKept(server, object, dry, "would lose");
    const answer = await touchObject(server, target, object, { signal, whole: true });
    assertKept(server, object, answer, "lost");
    return answer.metadata.resourceVersion !== object.metadata.resourceVersion;
  } catch (error) {
    if (hasErrorStatus(error, 404)) return true;
    throw error;
  }
}

/** Undefined where an admission webhook does not support dry runs. */
async function patchDry(
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
function assertKept(server: ApiServer, before: KubernetesObject, after: KubernetesObject, verb: string): void {
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
