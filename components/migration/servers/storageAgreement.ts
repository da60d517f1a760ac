import { type KubernetesObject, objectName, type Resource } from "../../kubernetes/api";
import type { ApiServers } from "../../kubernetes/apiServers";
import { discover, storageVersionHash } from "../../kubernetes/discovery";
import { UserError } from "../../kubernetes/errors";
import type { Problem } from "../../kubernetes/problem";
import type { Work } from "../../kubernetes/report";
import { sleep } from "../../kubernetes/sleep";
import type { Guard } from "../rewrite/guard";
import { awaitEveryServer, everyServerOrIndistinct } from "./everyServer";
import { pickProbe, PROBE_ROUNDS, probeRounds } from "./probe";

/** The storage version on which every API server must agree. */
export interface StorageTarget extends Resource {
  readonly kind: string;
  /** What the probe must leave of the object; absent where no older version is served that could show it. */
  readonly guard?: Guard | undefined;
}

export interface Agreement {
  /** What was seen, as sentences for the output; says so where no object could be probed or servers not be distinguished. */
  readonly evidence: readonly string[];
  /** An object was tried through each server, by its own address; else discovery alone speaks for it, or whichever server answered. */
  readonly isTriedOnEach: boolean;
}

const PROBES_MS = 60_000;
/** After so long, and so many changes that were all somebody else's, no write will tell of a server. */
const EDITED_MS = 30_000;
const EDITS = 3;
/**
 * Where there is nothing to probe. A server's discovery and its handlers follow the same informer, each by its own queue:
 * tried, an old handler answered within milliseconds of the new hash, never seconds.
 */
const UNPROBED_MS = 5_000;

/**
 * Waits until every API server stores `target.version`: each one's discovery hash says so, then PATCH `{}` on one object
 * through each in turn, twice round, changes nothing.
 *
 * The hash alone does not do: it is written before the handlers are replaced (k/k 130235). The probe alone does not do
 * either: without objects there is none, and a server that lags would write the object back. It takes a real write: a dry run
 * converts as the write would, but reaches no etcd, and nothing in its answer tells the version that would be stored.
 *
 * @throws UserError naming the servers that still disagree after a bounded time
 */
export async function awaitStorageAgreement(
  servers: ApiServers,
  target: StorageTarget,
  work: Work,
): Promise<Agreement> {
  return everyServerOrIndistinct(servers, async () => {
    await awaitSameHash(servers, target, work);
    const probed = await awaitSameProbe(servers, target, work);
    return { evidence: evidenceOf(servers, target, probed), isTriedOnEach: servers.distinct && "name" in probed };
  });
}

async function awaitSameHash(servers: ApiServers, target: StorageTarget, work: Work): Promise<void> {
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
async function awaitSameProbe(
  servers: ApiServers,
  target: StorageTarget,
  work: Work,
): Promise<{ name: string } | { why: string }> {
  const began = performance.now();
  const edited = new Set<string>();
  let edits: Edits | undefined;
  for (;;) {
    const found = await pickProbe(servers, target, edited, work);
    if ("why" in found) return unprobed(found.why, work);
    const { object } = found;
    const name = objectName(object);
    const change = await probeRounds(servers, target, object, work);
    if (change === undefined) return { name };
    const now = performance.now();
    edits = change.isEdited ? { since: edits?.since ?? now, count: (edits?.count ?? 0) + 1 } : undefined;
    if (edits !== undefined && edits.count >= EDITS && now - edits.since > EDITED_MS)
      return unprobed(describeEdited(object, change.address), work);
    if (change.isEdited) edited.add(name);
    else if (now - began > PROBES_MS) throw new UserError(describeDisagreement(target, object, change.address));
    const seen = change.isEdited ? `somebody wrote ${name} meanwhile` : `${change.address} rewrote one`;
    work.report(`waiting for every API server to store ${target.plural} as ${target.version}: ${seen}`);
    await sleep(1_000, work.signal);
  }
}

/** Changes in a row that were somebody else's. */
interface Edits {
  readonly since: number;
  readonly count: number;
}

async function unprobed(why: string, work: Work): Promise<{ why: string }> {
  await sleep(UNPROBED_MS, work.signal);
  return { why };
}

/** An admission rule that counts, or writes the time, answers each write with another object. */
function describeEdited(object: KubernetesObject, address: string): string {
  return `each one that was tried in ${EDITED_MS / 1_000} s was changed or deleted by somebody else, at last ${objectName(object)} at a PATCH {} through ${address}`;
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
