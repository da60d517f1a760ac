import type { Client } from "../../local/cluster/client";
import { checkout } from "../../local/checkout";
import { STORAGE_MIGRATION } from "./harness";

/** The tutorial's CRD, as the tests use it. */
export const group = "stable.example.com";
export const plural = "selfierequests";
export const crd = `${plural}.${group}`;
export const resource = { group, plural };

export const manifest = (name: "v1" | "v1-v2" | "v2"): string => checkout("examples", "selfierequests", `${name}.yaml`);

export const definitionPath = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd}`;

export function objectPath(version: string, name = ""): string {
  return `/apis/${group}/${version}/namespaces/default/${plural}${name === "" ? "" : `/${name}`}`;
}

const AT_ONCE = 16;

/** `old-FROM` … `old-TO` (not included) created through v1, sixteen at a time. */
export async function createObjects(client: Client, to: number, from = 0): Promise<void> {
  let next = from;
  const create = async (): Promise<void> => {
    for (let index = next++; index < to; index = next++) await createSurely(client, `old-${index}`);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, create));
}

/** Among thousands one may meet a machine that stands still for longer than the API server waits. */
async function createSurely(client: Client, name: string): Promise<void> {
  try {
    await createObject(client, name, "host:8080");
  } catch {
    const { status } = await client.send("GET", objectPath("v1", name));
    if (status === 404) await createObject(client, name, "host:8080");
  }
}

export function createObject(client: Client, name: string, hostPort: string): Promise<unknown> {
  return client.post(objectPath("v1"), {
    apiVersion: `${group}/v1`,
    kind: "SelfieRequest",
    metadata: { name },
    hostPort,
  });
}

/** What the README shows of `pulumi preview`, phase by phase. */
export function tutorialPlan(url: string): Record<string, string[]> {
  return {
    serve: ["(none) → v2: add, served; storage stays v1", `conversion None → Webhook ${url}`],
    rehearse: ["v1 → v2: ask the API server by dry run about every object; writes nothing"],
    store: ["storage v1 → v2: one edit, then every API server must agree"],
    migrate: [
      `v1 → v2: rewrite every object by a StorageVersionMigration (storagemigration.k8s.io/${STORAGE_MIGRATION}), then by our own pass`,
      "storedVersions [v1, v2] → [v2]: only once every object is proven rewritten",
    ],
  };
}
