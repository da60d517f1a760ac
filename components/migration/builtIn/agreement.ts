import type { ApiServers } from "../../kubernetes/apiServers";
import { discover } from "../../kubernetes/discovery";
import { UserError } from "../../kubernetes/errors";
import type { Work } from "../../kubernetes/report";
import { sleep } from "../../kubernetes/sleep";
import { everyServerOrIndistinct, visitEveryServer } from "../servers/everyServer";
import { type BuiltIn, storageOfBuiltIn } from "./builtIn";

/** A server that is being upgraded is gone for some seconds; a whole upgrade is no run's to wait for. */
const TIMEOUT_MS = 60_000;

export interface BuiltInAgreement {
  readonly hash: string;
  /** What was seen, as sentences for the output. */
  readonly evidence: readonly string[];
}

/**
 * Waits until every API server stores it in the same version. Discovery alone tells: of a built-in resource a server's storage
 * version is fixed when it starts, together with the hash that it shows, so that no object has to be tried. Which version is
 * right is not known in the middle of an upgrade, only whether all have the same.
 *
 * @throws UserError naming each server with its version, where they still disagree after a bounded time
 */
export async function awaitBuiltInAgreement(
  servers: ApiServers,
  builtIn: BuiltIn,
  work: Work,
): Promise<BuiltInAgreement> {
  const began = performance.now();
  for (;;) {
    const seen = await everyServerOrIndistinct(servers, () => hashesByServer(servers, builtIn, work));
    const [first, ...others] = [...new Set([...seen.values()].flat())];
    if (first !== undefined && others.length === 0)
      return { hash: first, evidence: evidenceOf(servers, builtIn, first) };
    const disagreement = describeServers(builtIn, seen);
    if (performance.now() - began > TIMEOUT_MS) throw new UserError(describeDisagreement(builtIn, disagreement));
    work.report(`waiting for every API server to store ${builtIn.name} in one version: ${disagreement.join("; ")}`);
    await sleep(1_000, work.signal);
  }
}

/** Several a server where they cannot be distinguished: then whichever answered. */
async function hashesByServer(servers: ApiServers, builtIn: BuiltIn, work: Work): Promise<Map<string, string[]>> {
  const seen = new Map<string, string[]>();
  for await (const server of visitEveryServer(servers, work)) {
    const { storageVersionHash: hash = "" } = await discover(server, builtIn, work.signal);
    const known = seen.get(server.address) ?? [];
    if (!known.includes(hash)) seen.set(server.address, [...known, hash]);
  }
  return seen;
}

function describeServers(builtIn: BuiltIn, seen: ReadonlyMap<string, readonly string[]>): string[] {
  return [...seen]
    .map(([address, hashes]) => {
      const versions = hashes.map((hash) =>
        hash === "" ? `no ${builtIn.version} of it` : storageOfBuiltIn(builtIn, hash),
      );
      return `${address} stores ${versions.sort().join(" and ")}`;
    })
    .sort();
}

function describeDisagreement({ name }: BuiltIn, items: readonly string[]) {
  return {
    what: `API servers disagree about the version in which ${name} is stored`,
    items,
    expected: "the same on each of them",
    why: "one that stores an older version would write it again; nothing is recorded as proven",
    next: "end the upgrade of the control plane, then run `pulumi up` again",
  };
}

function evidenceOf(servers: ApiServers, builtIn: BuiltIn, hash: string): string[] {
  const who = servers.distinct ? `each of ${servers.description}` : "whichever API server answered";
  return [
    `${who} shows ${storageOfBuiltIn(builtIn, hash)} as the storage version of ${builtIn.name}`,
    ...servers.missingEvidence,
  ];
}
