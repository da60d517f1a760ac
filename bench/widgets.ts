import { Cluster } from "../components/kubernetes/cluster";
import type { Cluster as LocalCluster } from "../local/cluster/cluster";

export const GROUP = "bench.example.com";
export const PLURAL = "widgets";
export const KIND = "Widget";
export const CRD = `${PLURAL}.${GROUP}`;

const DEFINITION = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions`;
const AT_ONCE = 16;

type VersionName = "v1" | "v2";

/** A CRD of two like versions without a webhook: flipping its storage makes every object stale, as often as wanted. */
export async function createWidgets(local: LocalCluster, count: number): Promise<void> {
  await local.client.post(DEFINITION, definition("v1"));
  await established(local);
  const names = Array.from({ length: count }, (_, index) => `widget-${index}`);
  const create = async (): Promise<void> => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      await local.client.post(`/apis/${GROUP}/v1/namespaces/default/${PLURAL}`, widget(name));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, create));
}

/** Moves storage and waits until the server says so; the objects in etcd stay as they are. */
export async function flip(local: LocalCluster, version: VersionName): Promise<void> {
  const live = await local.client.get(`${DEFINITION}/${CRD}`);
  await local.client.put(`${DEFINITION}/${CRD}`, { ...definition(version), metadata: live.metadata });
  await new Promise((resolve) => setTimeout(resolve, 2_000));
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

function definition(storage: VersionName) {
  const version = (name: VersionName) => ({
    name,
    served: true,
    storage: name === storage,
    schema: {
      openAPIV3Schema: {
        type: "object",
        properties: { spec: { type: "object", properties: { size: { type: "integer" }, colour: { type: "string" } } } },
      },
    },
  });
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: CRD },
    spec: {
      group: GROUP,
      scope: "Namespaced",
      names: { plural: PLURAL, singular: "widget", kind: KIND, listKind: "WidgetList" },
      versions: [version("v1"), version("v2")],
    },
  };
}

function widget(name: string) {
  return { apiVersion: `${GROUP}/v1`, kind: KIND, metadata: { name }, spec: { size: 1, colour: "blue" } };
}
