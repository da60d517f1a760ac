import { rightsForDrop, rightsForUp } from "../components/kubernetes/rights/rolloutRights";
import { checkout } from "../local/checkout";
import type { Cluster } from "../local/cluster/cluster";
import { readEtcd } from "../local/cluster/etcd";
import type { Plan } from "./plan";
import { requestTimeoutSeconds } from "./settings";
import type { KubernetesObject, Subject } from "./subject";

const group = "stable.example.com";
const plural = "selfierequests";
const PORT = "80";
const prefix = `/registry/${group}/${plural}/`;
export const DEFINITION = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${group}`;

/** What the versions look like. */
interface Shape {
  readonly fields: (version: string, value: string) => object;
  readonly valueOf: (version: string, object: KubernetesObject) => string;
  /** Arguments of the component that has this version alone in its manifest. */
  readonly manifest: (version: string) => object;
}

/** The tutorial's, through its webhook. */
const converted: Shape = {
  fields: (version, value) => (version === "v1" ? { hostPort: `${value}:${PORT}` } : { host: value, port: PORT }),
  valueOf: (version, object) => {
    const text = version === "v1" ? object["hostPort"] : `${String(object["host"])}:${String(object["port"])}`;
    return String(text).replace(new RegExp(`:${PORT}$`), "");
  },
  manifest: (version) => ({ file: checkout("examples", "selfierequests", `${version}.yaml`) }),
};

/** Conversion None: both have the same fields. */
const same: Shape = {
  fields: (_, value) => ({ host: value }),
  valueOf: (_, object) => String(object["host"]),
  manifest: (name) => ({ crd: plainManifest(name) }),
};

const plainManifest = (name: string): object => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope: "Namespaced",
    names: { plural, singular: "selfierequest", kind: "SelfieRequest", listKind: "SelfieRequestList" },
    versions: [{ name, served: true, storage: true, schema: { openAPIV3Schema: plainSchema } }],
  },
});
const plainSchema = { type: "object", properties: { host: { type: "string" } } };

/**
 * The tutorial's CRD, from v1 to v2 in one go, v1 dropped.
 *
 * @param conversion None where absent
 */
export async function rolloutOf(
  plan: Plan,
  cluster: Cluster,
  conversion: { url: string; caBundle: string } | undefined,
): Promise<Subject> {
  const { fields, valueOf, manifest } = conversion === undefined ? same : converted;
  const kubeconfig = await cluster.userKubeconfig("pipeline", [
    ...rightsForUp([{ group, plural }]),
    ...rightsForDrop(),
  ]);
  const args = {
    kubeconfig,
    requestTimeoutSeconds: requestTimeoutSeconds(plan),
    ...(plan.migrator === "direct" && { migrator: plan.migrator }),
  };
  const reason = "its writers go on until v1 answers 404";
  return {
    lease: `/registry/leases/kube-system/storage-migration-${plural}.${group}`,
    prefix,
    versions: ["v1", "v2"],
    path: (version, name = "") => `/apis/${group}/${version}/namespaces/default/${plural}${name && `/${name}`}`,
    body: (version, name, value) => ({
      apiVersion: `${group}/${version}`,
      kind: "SelfieRequest",
      metadata: { name },
      ...fields(version, value),
    }),
    changed: (version, object, value) => ({ ...object, ...fields(version, value) }),
    patch: fields,
    valueOf,
    before: { ...args, ...manifest("v1") },
    args: {
      ...args,
      ...manifest("v2"),
      ...(conversion !== undefined && { conversion }),
      acknowledge: [{ check: "version-in-use", path: "v1", reason }],
    },
    findWrong,
    neverExplained: /convert CR (from|to) an invalid|invalid group\/version/,
    rule: { apiGroups: [group], apiVersions: ["*"], resources: [plural] },
  };
}

/** Only v2: in the definition, in storedVersions, in every object's bytes. */
async function findWrong({ client, etcd }: Cluster): Promise<string[]> {
  const { spec, status } = (await client.get(DEFINITION)) as {
    spec: { versions: { name: string }[] };
    status: { storedVersions: string[] };
  };
  const found = {
    versions: spec.versions.map(({ name }) => name).join(", "),
    storedVersions: status.storedVersions.join(", "),
  };
  const wrong = Object.entries(found).flatMap(([what, value]) =>
    value === "v2" ? [] : [`${what} of the CRD: found ${value}; expected v2`],
  );
  for (const { key, value } of await readEtcd(etcd, prefix)) {
    const { apiVersion } = JSON.parse(value) as { apiVersion: string };
    if (apiVersion !== `${group}/v2`) wrong.push(`${key} in etcd: found ${apiVersion}; expected ${group}/v2`);
  }
  return wrong;
}
