import type { ApiServers } from "../../kubernetes/apiServers";
import { shortHashOfEncryptionReport } from "../../kubernetes/encryptionReport";
import { hasErrorStatus, UserError } from "../../kubernetes/errors";
import type { Work } from "../../kubernetes/report";
import { sleep } from "../../kubernetes/sleep";
import { everyServerOrIndistinct } from "../../migration/servers/everyServer";
import { readReports, type Reported } from "./reports";

/**
 * A server that cannot take up the new key id goes on writing with the old one for so long at most: kmsv2PluginWriteDEKSourceMaxTTL,
 * k8s.io/apiserver pkg/server/options/encryptionconfig/config.go.
 */
const OLD_KEY_SECONDS = 180;
/** Each server asks its plugin once a minute. */
const TIMEOUT_MS = 180_000;
const POLL_MS = 1_000;
const POLL_MIXED_MS = 5_000;

/** The key id hash that every API server reports for this provider, or why there is none. Pure. */
export function agreedKmsKeyId({ servers }: Reported, provider: string): { keyId: string } | { why: string } {
  const told = servers.map(({ host, keyIds }) => ({ host, keyId: keyIds[provider] }));
  const silent = servers.find(({ keyIds }) => keyIds[provider] === undefined);
  if (silent !== undefined) {
    const others = Object.keys(silent.keyIds).sort();
    const instead = others.length === 0 ? "" : `; it tells that of ${others.join(", ")}`;
    return { why: `${silent.host} has told no key id of KMS provider ${provider} yet${instead}` };
  }
  const [first, ...rest] = told;
  const other = rest.find(({ keyId }) => keyId !== first?.keyId);
  if (first?.keyId === undefined) return { why: `no API server told a key id of KMS provider ${provider}` };
  if (other === undefined) return { keyId: first.keyId };
  const each = [first, other].map(({ host, keyId = "" }) => `${host} ${shortHashOfEncryptionReport(keyId)}`).join(", ");
  return { why: `API servers differ in the key id of KMS provider ${provider}: ${each}` };
}

/**
 * Waits until every API server has told the same key id of this provider, and writes with it.
 *
 * @param known one of which it was seen already that they write with it
 * @returns its hash, and what was seen in sentences
 * @throws UserError naming the server that lags
 */
export async function awaitKmsKeyId(
  servers: ApiServers,
  provider: string,
  known: string | undefined,
  work: Work,
): Promise<{ keyId: string; evidence: readonly string[] }> {
  const began = performance.now();
  for (;;) {
    const reported = await readReports(servers, work);
    const agreed = agreedKmsKeyId(reported, provider);
    if ("keyId" in agreed) {
      const { keyId } = agreed;
      const seen = `each of ${reported.description} reports key id ${shortHashOfEncryptionReport(keyId)} of KMS provider ${provider}`;
      return { keyId, evidence: keyId === known ? [seen] : [seen, await awaitWritesWithKmsKey(servers, work)] };
    }
    const waited = performance.now() - began;
    if (waited > TIMEOUT_MS) {
      throw new UserError({
        what: `${agreed.why}, ${Math.round(waited / 1_000)} s after it was asked first`,
        expected: "one key id everywhere",
        next: "look at the KMS plugin beside that API server, then run `pulumi up` again",
      });
    }
    work.report(`waiting for every API server to take up the KMS key id: ${agreed.why}`);
    await sleep(servers.distinct ? POLL_MS : POLL_MIXED_MS, work.signal);
  }
}

/**
 * A server tells the id before it has a data key under it; its health is that of the same step (check and rotation hold one lock), so
 * healthy after the id was told means that it writes with it.
 */
async function awaitWritesWithKmsKey(servers: ApiServers, work: Work): Promise<string> {
  const healthy =
    servers.distinct && (await everyServerOrIndistinct(servers, () => isKmsHealthyEverywhere(servers, work)));
  if (healthy) return "each is healthy with it";
  const until = performance.now() + OLD_KEY_SECONDS * 1_000; // a clock that is set forward ends no wait
  for (let left = OLD_KEY_SECONDS * 1_000; left > 0; left = until - performance.now()) {
    work.report(
      `waiting ${Math.ceil(left / 1_000)} s: so long a server may write under the old key id of a KMS plugin`,
    );
    await sleep(Math.min(1_000, left), work.signal);
  }
  return `waited ${OLD_KEY_SECONDS} s for their old data keys to expire`;
}

async function isKmsHealthyEverywhere(servers: ApiServers, work: Work): Promise<boolean> {
  for (const server of servers.servers) {
    try {
      await server.call({ method: "GET", path: "/readyz/kms-providers", accept: "text/plain", signal: work.signal });
    } catch (error) {
      // Not healthy, not ours to ask, or behind another name, as with KMS v1 beside it.
      if (hasErrorStatus(error, 500, 503, 403, 404)) return false;
      throw error;
    }
  }
  return servers.distinct;
}
