import { Cluster } from "../components/kubernetes/cluster";
import type { Cluster as LocalCluster } from "../local/cluster/cluster";

export const GROUP = "bench.example.com";
export const PLURAL = "widgets";
export const KIND = "Widget";
export const CRD = `${PLURAL}.${GROUP}`;
/** In etcd. */
export const STORED_UNDER = `/registry/${GROUP}/${PLURAL}/`;

const DEFINITION = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions`;
const AT_ONCE = 16;

export type VersionName = "v1" | "v2";

/** A webhook that answers here; it converts as widgetConversion.ts says. */
export interface WidgetWebhook {
  readonly url: string;
  /** PEM */
  readonly ca: string;
}

/**
 * A CRD of two versions, alike unless a webhook converts them: flipping its storage makes every object stale, as often as
 * wanted.
 */
export async function createWidgets(local: LocalCluster, count: number, webhook?: WidgetWebhook): Promise<void> {
  await createDefinition(local, webhook);
  const names = Array.from({ length: count }, (_, index) => `widget-${index}`);
  const create = async (): Promise<void> => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      await local.client.post(`/apis/${GROUP}/v1/namespaces/default/${PLURAL}`, widget(name));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, create));
}

export async function createDefinition(local: LocalCluster, webhook?: WidgetWebhook): Promise<void> {
  await local.client.post(DEFINITION, definition(webhook));
  await established(local);
}

/** Moves storage and waits until every server says so; the objects in etcd stay as they are. */
export async function flip(local: LocalCluster, version: VersionName): Promise<void> {
  const before = await storageHashes(local);
  const live = await local.client.get(`${DEFINITION}/${CRD}`);
  for (const each of live.spec.versions) each.storage = each.name === version;
  await local.client.put(`${DEFINITION}/${CRD}`, live);
  while ((await storageHashes(local)).some((hash, nth) => hash === before[nth])) {
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await new Promise((resolve) => setTimeout(resolve, 2_000));
}

/** Of each server: only its plain discovery has them. */
function storageHashes({ apiServers }: LocalCluster): Promise<(string | undefined)[]> {
  return Promise.all(
    apiServers.map(async ({ client }) => {
      const { resources } = (await client.get(`/apis/${GROUP}/v1`)) as { resources: Record<string, string>[] };
      return resources.find(({ name }) => name === PLURAL)?.["storageVersionHash"];
    }),
  );
}

export async function deleteWidgets(local: LocalCluster): Promise<void> {
  await local.client.delete(`${DEFINITION}/${CRD}`);
  while ((await local.client.send("GET", `${DEFINITION}/${CRD}`)).status !== 404) {
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

export function connect(local: LocalCluster): Promise<Cluster> {
  return Cluster.connect({ kubeconfig: local.kubeconfig });
}

async function established(local: LocalCluster): Promise<void> {
  while ((await local.client.send("GET", `/apis/${GROUP}/v1/${PLURAL}`)).status !== 200) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function definition(webhook: WidgetWebhook | undefined) {
  const version = (name: VersionName) => {
    const colour = webhook !== undefined && name === "v2" ? "color" : "colour";
    const notes = { type: "array", items: { type: "string" } };
    const properties = { size: { type: "integer" }, [colour]: { type: "string" }, notes };
    const openAPIV3Schema = { type: "object", properties: { spec: { type: "object", properties } } };
    return { name, served: true, storage: name === "v1", schema: { openAPIV3Schema } };
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: CRD },
    spec: {
      group: GROUP,
      scope: "Namespaced",
      names: { plural: PLURAL, singular: "widget", kind: KIND, listKind: "WidgetList" },
      versions: [version("v1"), version("v2")],
      ...(webhook !== undefined && { conversion: conversionBy(webhook) }),
    },
  };
}

function conversionBy({ url, ca }: WidgetWebhook) {
  const clientConfig = { url, caBundle: Buffer.from(ca).toString("base64") };
  return { strategy: "Webhook", webhook: { clientConfig, conversionReviewVersions: ["v1"] } };
}

/** In v1. @param notes make it as large as wanted */
export function widget(name: string, notes?: string[]) {
  const spec = { size: 1, colour: "blue", ...(notes && { notes }) };
  return { apiVersion: `${GROUP}/v1`, kind: KIND, metadata: { name }, spec };
}
