import { createHash, randomBytes } from "crypto";
import { renderConfiguration } from "../components/encryptionKeyRotation/configuration/renderConfiguration";
import { awaitFileAgreement } from "../components/encryptionKeyRotation/servers/fileAgreement";
import { withOpenTargets, writeAllTargets, readAllTargets } from "../components/encryptionKeyRotation/targets";
import { Cluster } from "../components/kubernetes/cluster";
import type { Work } from "../components/kubernetes/report";
import type { LocalApiServer } from "../local/cluster/apiServer";
import type { Cluster as LocalCluster } from "../local/cluster/cluster";

export const NAMESPACE = "/api/v1/namespaces/default/secrets";

const AT_ONCE = 16;

export interface Key {
  name: string;
  secret: string;
}

/** key1, key2, …: 32 random bytes each. */
export function nextKey(after?: Key): Key {
  const number = Number(after?.name.slice("key".length) ?? 0) + 1;
  return { name: `key${number}`, secret: randomBytes(32).toString("base64") };
}

/** An EncryptionConfiguration of Secrets; the first key writes. */
export function fileOf(...keys: Key[]): string {
  return renderConfiguration({
    entries: [{ resources: ["secrets"], providers: [{ kind: "secretbox", keys }, { kind: "identity" }] }],
  });
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

export function targetsOf(local: LocalCluster): { file: string }[] {
  return local.apiServers.map(({ encryptionFile }) => ({ file: encryptionFile }));
}

/** Gives every API server this file and returns when all of them run with it. */
export async function load(local: LocalCluster, cluster: Cluster, text: string): Promise<void> {
  await withOpenTargets(targetsOf(local), async (targets) =>
    writeAllTargets(targets, { from: (await readAllTargets(targets)).text, to: text }, () => Promise.resolve()),
  );
  await awaitFileAgreement(cluster, { sha256: sha256(text) }, quiet());
}

export async function createSecrets(local: LocalCluster, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => secretName(index));
  const create = async ({ client }: LocalApiServer): Promise<void> => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      await client.post(NAMESPACE, { metadata: { name }, stringData: { password: `of ${name}` } });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, () => create(local.apiServers[0])));
}

export function secretName(index: number): string {
  return `secret-${index}`;
}

export function connect(local: LocalCluster): Promise<Cluster> {
  return Cluster.connect({ kubeconfig: local.kubeconfig });
}

export function quiet(): Work & { warn: () => void } {
  return { report: () => undefined, warn: () => undefined, signal: new AbortController().signal };
}
