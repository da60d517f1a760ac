import { createHash } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { ownResources } from "../../components/encryptionKeyRotation/proof/ownResources";
import {
  type RotatedResource,
  selectRotatedResources,
} from "../../components/encryptionKeyRotation/proof/rotatedResources";
import type { Caller } from "../../components/kubernetes/api";
import { readEtcd } from "../../local/cluster/etcd";
import type { LocalApiServer } from "../../local/cluster/apiServer";
import type { Cluster as LocalCluster } from "../../local/cluster/cluster";

/** Keys by name; each is 32 bytes of its name's last character. */
export function secretbox(...names: string[]): string {
  const keys = names.map((name) => ({ name, secret: Buffer.alloc(32, name.at(-1)).toString("base64") }));
  return provided({ secretbox: { keys } });
}

/** An EncryptionConfiguration of Secrets with these providers. JSON is YAML. */
export function provided(...providers: object[]): string {
  return configured({ resources: ["secrets"], providers });
}

export function configured(...resources: object[]): string {
  const head = { apiVersion: "apiserver.config.k8s.io/v1", kind: "EncryptionConfiguration" };
  return `${JSON.stringify({ ...head, resources }, null, 2)}\n`;
}

/** What these patterns name now, at the version that discovery prefers. */
export async function findResources(patterns: string[], cluster: Caller): Promise<RotatedResource[]> {
  return selectRotatedResources(patterns, await ownResources(cluster));
}

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** As a person or a tool would: beside it, then renamed. */
export function writeFile(server: LocalApiServer, text: string): void {
  writeFileSync(`${server.encryptionFile}.next`, text, { mode: 0o600 });
  renameSync(`${server.encryptionFile}.next`, server.encryptionFile);
}

/** How many objects begin with what in etcd: `k8s:enc:secretbox:v1:key2:` → 100; `plain` for what is not encrypted. */
export async function prefixes(local: LocalCluster, under = "/registry/secrets/"): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { value } of await readEtcd(local.etcd, under)) {
    const prefix = /^k8s:enc:(?:kms:v2:[^:]+|\w+:v1:[^:]+):/.exec(value)?.[0] ?? "plain";
    counts[prefix] = (counts[prefix] ?? 0) + 1;
  }
  return counts;
}

export async function createSecrets(local: LocalCluster, count: number, prefix = "s"): Promise<void> {
  const create = (nth: number): Promise<unknown> =>
    local.client.post("/api/v1/namespaces/default/secrets", {
      metadata: { name: `${prefix}-${String(nth).padStart(4, "0")}` },
      stringData: { value: `value ${nth}` },
    });
  for (let at = 0; at < count; at += 20) {
    await Promise.all(Array.from({ length: Math.min(20, count - at) }, (_, index) => create(at + index)));
  }
}

/** An object's bytes in etcd, base64. */
export async function getRaw({ etcd }: LocalCluster, key: string): Promise<string> {
  const { kvs } = await gateway(etcd, "range", { key: Buffer.from(key).toString("base64") });
  return kvs?.[0]?.value ?? "";
}

/** Past the API server, to the byte. */
export async function putRaw({ etcd }: LocalCluster, key: string, value: string): Promise<void> {
  await gateway(etcd, "put", { key: Buffer.from(key).toString("base64"), value });
}

async function gateway(url: string, verb: string, body: object): Promise<{ kvs?: { value: string }[] }> {
  const response = await fetch(`${url}/v3/kv/${verb}`, { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`etcd ${verb} answered ${response.status}`);
  return (await response.json()) as { kvs?: { value: string }[] };
}

/** How the bytes of a key (base64) may show: as they are, and as whatever prints or stores them may write them. */
export function formsOf(base64: string): string[] {
  const bytes = Buffer.from(base64, "base64");
  const latin1 = bytes.toString("latin1");
  const forms = [
    base64,
    base64.replace(/=+$/, ""),
    bytes.toString("base64url"),
    encodeURIComponent(base64),
    Buffer.from(base64).toString("base64"),
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
    latin1,
    JSON.stringify(latin1).slice(1, -1),
    JSON.stringify([...bytes]).slice(1, -1),
    [...bytes].join(" "),
  ];
  return [...new Set(forms)];
}

/** The bytes of each key in a file of 32-byte keys, base64. */
export function keysIn(text: string): string[] {
  return [...text.matchAll(/[A-Za-z0-9+/]{43}=/g)].map(([bytes]) => bytes);
}
