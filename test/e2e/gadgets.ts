import * as path from "path";
import * as fs from "fs";
import type { Client } from "../../local/cluster/client";

/** Small CRDs, one for each way in or out. */
export const group = "gadgets.example.com";

export const crdName = (plural: string): string => `${plural}.${group}`;

export const definitionPath = (plural: string): string =>
  `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crdName(plural)}`;

export function definitionOf(
  plural: string,
  { labels, v2 = false }: { labels?: Record<string, string>; v2?: boolean } = {},
) {
  const kind = plural[0]?.toUpperCase() + plural.slice(1, -1);
  const openAPIV3Schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const version = (name: string, storage: boolean) => ({ name, served: true, storage, schema: { openAPIV3Schema } });
  return {
    apiVersion: "apiextensions.k8s.io/v1" as const,
    kind: "CustomResourceDefinition" as const,
    metadata: { name: crdName(plural), ...(labels && { labels }) },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      conversion: { strategy: "None" },
      versions: [version("v1", !v2), ...(v2 ? [version("v2", true)] : [])],
    },
  };
}

/** The same as a file, as programs and other tools have it. */
export function fileOf(dir: string, plural: string, options?: Parameters<typeof definitionOf>[1]): string {
  const file = path.join(dir, `${plural}${options?.v2 === true ? "-v2" : ""}.json`);
  fs.writeFileSync(file, JSON.stringify(definitionOf(plural, options)));
  return file;
}

/** One object named `kept`. */
export async function createGadget(client: Client, plural: string): Promise<void> {
  const path = `/apis/${group}/v1/namespaces/default/${plural}`;
  const { kind } = definitionOf(plural).spec.names;
  const object = { apiVersion: `${group}/v1`, kind, metadata: { name: "kept" }, spec: { size: 3 } };
  while ((await client.send("POST", path, object)).status !== 201) {
    await new Promise((resolve) => setTimeout(resolve, 100)); // the new CRD is not served yet
  }
}

/** uid of the CRD and of its object: both must be the same after whatever happened. */
export async function identities(client: Client, plural: string): Promise<unknown> {
  const { body: definition } = await client.send("GET", definitionPath(plural));
  const { body: object } = await client.send("GET", `/apis/${group}/v1/namespaces/default/${plural}/kept`);
  return [definition.metadata?.uid, object.metadata?.uid, object.spec];
}
