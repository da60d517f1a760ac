import { readFileSync } from "node:fs";
import { rightsForRotation } from "../components/kubernetes/rights/rotationRights";
import type { Cluster } from "../local/cluster/cluster";
import { readEtcd } from "../local/cluster/etcd";
import type { Plan } from "./plan";
import { COMPACTION_SECONDS, requestTimeoutSeconds } from "./settings";
import type { KubernetesObject, Subject } from "./subject";

const OLD = "2026-08";
const NEW = "2026-11";
const prefix = "/registry/secrets/";

/** Secrets from one key to the next, the old one retired. */
export async function rotationOf(plan: Plan, cluster: Cluster): Promise<Subject> {
  const kubeconfig = await cluster.userKubeconfig("pipeline", rightsForRotation({ resources: ["secrets"] }));
  const args = {
    kubeconfig,
    resources: ["secrets"],
    targets: cluster.apiServers.map(({ encryptionFile }) => ({ file: encryptionFile })),
    requestTimeoutSeconds: requestTimeoutSeconds(plan),
    compactionIntervalSeconds: COMPACTION_SECONDS,
    ...(plan.migrator === "direct" && { migrator: plan.migrator }),
  };
  return {
    lease: "/registry/leases/kube-system/storage-migration-encryption",
    prefix,
    versions: ["v1"],
    path: (_, name = "") => `/api/v1/namespaces/default/secrets${name && `/${name}`}`,
    body: (_, name, value) => ({ metadata: { name }, stringData: { value } }),
    changed: (_, object, value) => ({ ...object, data: { value: Buffer.from(value).toString("base64") } }),
    patch: (_, value) => ({ stringData: { value } }),
    valueOf: (_, object) => valueOf(object),
    before: { ...args, keys: { write: OLD } },
    args: { ...args, keys: { write: NEW, archive: [OLD] } },
    findWrong,
    neverExplained: /no matching|decrypt|transform|cipher|prefix/i,
    rule: { apiGroups: [""], apiVersions: ["v1"], resources: ["secrets"] },
  };
}

function valueOf(object: KubernetesObject): string {
  const { value = "" } = (object["data"] ?? {}) as { value?: string };
  return Buffer.from(value, "base64").toString();
}

/** Only the new key: in every server's file, and before every Secret's bytes. */
async function findWrong({ apiServers, etcd }: Cluster): Promise<string[]> {
  const wrong = apiServers.flatMap(({ name, encryptionFile }) => {
    const text = readFileSync(encryptionFile, "utf8");
    return text.includes(NEW) && !text.includes(OLD) ? [] : [`the file of ${name}: expected the key ${NEW} alone`];
  });
  for (const { key, value } of await readEtcd(etcd, prefix)) {
    const found = /^k8s:enc:secretbox:v1:([^:]+):/.exec(value)?.[1] ?? "no key";
    if (found !== NEW) wrong.push(`${key} in etcd: found ${found}; expected ${NEW}`);
  }
  return wrong;
}
