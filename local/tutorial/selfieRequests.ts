import type { Client } from "../cluster/client";
import { readEtcd } from "../cluster/etcd";

const group = "stable.example.com";
const namespace = "default";
const manager = "tutorial-team";

export const crdPath = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/selfierequests.${group}`;

type Version = "v1" | "v2";

function collection(version: Version): string {
  return `/apis/${group}/${version}/namespaces/${namespace}/selfierequests`;
}

/** Creates objects of v1: plain ones, one without an address, one with an IPv6 address, one owned by server-side apply. */
export async function createOld(client: Client, count: number): Promise<SelfieObject[]> {
  const addresses = Array.from({ length: count - 3 }, (_, index) => ({
    hostPort: `host-${index}.example.com:${8000 + index}`,
  }));
  const bodies = [...addresses, {}, { hostPort: "[2001:db8::1]:443" }].map((fields, index) =>
    object("v1", `old-${index}`, fields),
  );
  const created = await Promise.all(bodies.map((body) => client.post(collection("v1"), body) as Promise<unknown>));
  created.push(await applyOne(client, "v1", "old-applied", { hostPort: "applied.example.com:80" }));
  return created as SelfieObject[];
}

export async function createNew(client: Client, name: string): Promise<void> {
  await client.post(collection("v2"), object("v2", name, { host: "new.example.com", port: "8443" }));
}

/** Server-side apply, which fails on an object whose managedFields name a version that is gone: https://github.com/kubernetes/kubernetes/issues/111937 */
export function applyOne(client: Client, version: Version, name: string, fields: object): Promise<unknown> {
  return client.apply(`${collection(version)}/${name}`, object(version, name, fields), manager);
}

export function list(client: Client, version: Version): Promise<{ items: SelfieObject[] }> {
  return client.get(collection(version)) as Promise<{ items: SelfieObject[] }>;
}

export function read(client: Client, version: Version, name: string): Promise<SelfieObject> {
  return client.get(`${collection(version)}/${name}`) as Promise<SelfieObject>;
}

export interface SelfieObject {
  apiVersion: string;
  metadata: { name: string; uid: string; managedFields?: { apiVersion: string; manager: string }[] };
  host?: string;
  port?: string;
  hostPort?: string;
}

/** The objects as etcd holds them, past every API server. */
export async function stored(etcd: string): Promise<SelfieObject[]> {
  const entries = await readEtcd(etcd, `/registry/${group}/selfierequests/`);
  return entries.map(({ value }) => JSON.parse(value) as SelfieObject);
}

/** How many objects etcd holds of each apiVersion. */
export function countVersions(objects: SelfieObject[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { apiVersion } of objects) counts[apiVersion] = (counts[apiVersion] ?? 0) + 1;
  return counts;
}

function object(version: Version, name: string, fields: object): object {
  return { apiVersion: `${group}/${version}`, kind: "SelfieRequest", metadata: { name, namespace }, ...fields };
}
