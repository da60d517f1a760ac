import {
  isNewer,
  type KubernetesList,
  type KubernetesObject,
  MetadataOnly,
  objectName,
  type Resource,
  resourcePath,
} from "../../kubernetes/api";
import type { ApiServer, ApiServers } from "../../kubernetes/apiServers";
import { discover, storageVersionHash } from "../../kubernetes/discovery";
import { ApiError, hasStatus, UserError } from "../../kubernetes/errors";
import type { Problem } from "../../kubernetes/problem";
import type { Work } from "../../kubernetes/report";
import { sleep } from "../../kubernetes/sleep";
import { touch } from "../rewrite/rewriter";
import { eachServer, orIndistinct, awaitEveryServer } from "./everyServer";

/** The storage version on which every API server must agree. */
export interface StorageTarget extends Resource {
  readonly kind: string;
  /** Probes with no object that was written after this resourceVersion; with any where absent. */
  readonly probeUpTo?: string | undefined;
}

export interface Agreement {
  /** What was seen, as sentences for the output; says so where no object could be probed or servers not be distinguished. */
  readonly evidence: readonly string[];
}

const PROBE_ROUNDS = 2;
const PROBES_MS = 60_000;
/**
 * Where there is nothing to probe. A server's discovery and its handlers follow the same informer, each by its own queue:
 * tried, an old handler answered within milliseconds of the new hash, never seconds.
 */
const UNPROBED_MS = 5_000;
const CANDIDATES = 5;
const OLD_AMONG = 200;

/**
 * Waits until every API server stores `target.version`: each one's discovery hash says so, then PATCH `{}` on one object
 * through each in turn, twice round, changes nothing.
 *
 * The hash alone does not do: it is written before the handlers are replaced (k/k 130235). The probe alone does not do
 * either: without objects there is none, and a server that lags would write the object back.
 *
 * @throws UserError naming the servers that still disagree after a bounded time
 */
export async function awaitAgreement(servers: ApiServers, target: StorageTarget, work: Work): Promise<Agreement> {
  return orIndistinct(servers, async () => {
    await sameHash(servers, target, work);
    const probed = await sameProbe(servers, target, work);
    return { evidence: evidenceOf(servers, target, probed) };
  });
}

async function sameHash(servers: ApiServers, target: StorageTarget, work: Work): Promise<void> {
  const expected = storageVersionHash(target.group, target.version, target.kind);
  await awaitEveryServer(servers, work, {
    waitingFor: `to store ${target.plural}.${target.group} as ${target.version}`,
    async missing(server) {
      const { served, storageVersionHash: found } = await discover(server, target, work.signal);
      if (!served) return `does not serve ${target.version}`;
      return found === expected ? undefined : "stores another version";
    },
  });
}

/** @returns the probed object's name, or why there was none */
async function sameProbe(
  servers: ApiServers,
  target: StorageTarget,
  work: Work,
): Promise<{ name: string } | { why: string }> {
  const began = Date.now();
  for (;;) {
    const found = await pickProbe(servers, target, work);
    if ("why" in found) {
      await sleep(UNPROBED_MS, work.signal);
      return found;
    }
    const { object } = found;
    const changedBy = await probeRounds(servers, target, object, work);
    if (changedBy === undefined) return { name: objectName(object) };
    if (Date.now() - began > PROBES_MS) throw new UserError(describeDisagreement(target, object, changedBy));
    work.report(
      `waiting for every API server to store ${target.plural} as ${target.version}: ${changedBy} rewrote one`,
    );
    await sleep(1_000, work.signal);
  }
}

/** An object that this endpoint accepts, rewritten once. */
async function pickProbe(
  servers: ApiServers,
  target: StorageTarget,
  work: Work,
): Promise<{ object: KubernetesObject } | { why: string }> {
  const [server] = servers.servers;
  if (server === undefined) throw new Error("an ApiServers without servers");
  const list = await server.call<KubernetesList>({
    method: "GET",
    path: resourcePath(target),
    query: { limit: target.probeUpTo === undefined ? CANDIDATES : OLD_AMONG },
    accept: MetadataOnly.list,
    signal: work.signal,
  });
  const objects = (list.items ?? []).filter((object) => !isNewer(object, target.probeUpTo)).slice(0, CANDIDATES);
  let refusal = (list.items ?? []).length === 0 ? "there is none" : "each was written since the rehearsal";
  for (const object of objects) {
    try {
      return { object: await touch(server, target, object, work.signal) };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      refusal = error.serverMessage;
    }
  }
  return { why: refusal };
}

/** @returns the address of a server whose answer had another resourceVersion, or undefined when none had */
async function probeRounds(
  servers: ApiServers,
  target: StorageTarget,
  object: KubernetesObject,
  work: Work,
): Promise<string | undefined> {
  for (let round = 0; round < PROBE_ROUNDS; round++) {
    for await (const server of eachServer(servers, work)) {
      const changed = await probe(server, target, object, work);
      if (changed) return server.address;
    }
  }
  return undefined;
}

/** A deleted object, like one that someone else wrote in between, is no answer: another round will tell. */
async function probe(server: ApiServer, target: StorageTarget, object: KubernetesObject, work: Work): Promise<boolean> {
  try {
    const answer = await touch(server, target, object, work.signal);
    return answer.metadata.resourceVersion !== object.metadata.resourceVersion;
  } catch (error) {
    if (hasStatus(error, 404)) return true;
    throw error;
  }
}

function evidenceOf(servers: ApiServers, target: StorageTarget, probed: { name: string } | { why: string }): string[] {
  const who = servers.distinct ? `each of ${servers.description}` : "whichever API server answered";
  const hash = `${who} shows ${target.version} as the storage version of ${target.plural}.${target.group}`;
  const probe =
    "name" in probed
      ? `PATCH {} on ${probed.name} through each, ${PROBE_ROUNDS} times round, changed nothing`
      : `no object could be probed (${probed.why}), so only discovery speaks for it`;
  return [hash, probe, ...servers.missingEvidence];
}

function describeDisagreement(target: StorageTarget, object: KubernetesObject, address: string): Problem {
  return {
    what: `API servers disagree about how ${target.plural}.${target.group} is stored: PATCH {} on ${objectName(object)} through ${address} still changed it after ${PROBES_MS / 1_000} s`,
    expected: `every server to store ${target.version}`,
    next: "look whether one of them is cut off from etcd, or whether someone writes this object all the time, then run `pulumi up` again",
  };
}
