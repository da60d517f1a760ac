import { join } from "node:path";
import type { KubernetesVersion } from "../toolchain/controlPlane";
import type { EncryptionSettings } from "./encryption";
import type { ServerPlace } from "./network";

/**
 * Which StorageVersionMigration API the cluster serves. `default` is the one its release has: v1alpha1 in 1.30, v1beta1 in 1.36
 * (both switched on here, as an administrator would), v1 in 1.37 (on by itself). `v1beta1` is for 1.37 only: beside it v1 is off.
 */
export type StorageMigrationApi = "default" | "off" | "v1beta1";

const group = "storagemigration.k8s.io";
export const nativeVersion: Record<KubernetesVersion, string> = { "1.30": "v1alpha1", "1.36": "v1beta1", "1.37": "v1" };

export function runtimeConfig(version: KubernetesVersion, api: StorageMigrationApi): string[] {
  const native = nativeVersion[version];
  if (version === "1.37") {
    if (api === "default") return [];
    return [`--runtime-config=${group}/v1=false${api === "v1beta1" ? `,${group}/v1beta1=true` : ""}`];
  }
  if (api === "v1beta1" && native !== "v1beta1")
    throw new Error(`Kubernetes ${version} has no ${group}/v1beta1; expected 1.36 or 1.37`);
  return api === "off" ? [] : [`--runtime-config=${group}/${native}=true`];
}

export function featureGates(version: KubernetesVersion, api: StorageMigrationApi): string[] {
  if (version === "1.37" || api === "off") return [];
  // The migrator of 1.30 reads informers' resource versions behind a gate of its own.
  return [`--feature-gates=StorageVersionMigrator=true${version === "1.30" ? ",InformerResourceVersion=true" : ""}`];
}

export interface ApiServerSettings {
  version: KubernetesVersion;
  dir: string;
  requestTimeoutSeconds: number;
  compactionSeconds?: number;
  encryption?: EncryptionSettings;
  storageMigration: StorageMigrationApi;
  mixedVersionProxy: boolean;
  extra: string[];
}

export function apiServerFlags(settings: ApiServerSettings, place: ServerPlace): string[] {
  const pki = join(settings.dir, "pki");
  return [
    `--etcd-servers=${place.etcd}`,
    `--bind-address=${place.bindAddress}`,
    `--advertise-address=${place.bindAddress}`,
    `--secure-port=${place.port}`,
    ...place.flags,
    `--tls-cert-file=${join(pki, "server.crt")}`,
    `--tls-private-key-file=${join(pki, "server.key")}`,
    `--token-auth-file=${join(pki, "tokens.csv")}`,
    "--authorization-mode=RBAC",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${join(pki, "service-account.pub")}`,
    `--service-account-signing-key-file=${join(pki, "service-account.key")}`,
    "--service-cluster-ip-range=10.0.0.0/24",
    // It would wait for a controller that hands out accounts to pods; no pod here asks the API server anything.
    "--disable-admission-plugins=ServiceAccount",
    `--request-timeout=${settings.requestTimeoutSeconds}s`,
    ...(settings.compactionSeconds === undefined ? [] : [`--etcd-compaction-interval=${settings.compactionSeconds}s`]),
    ...(settings.mixedVersionProxy ? mixedVersionProxyFlags(pki, place) : []),
    ...encryptionFlags(settings.encryption),
    ...runtimeConfig(settings.version, settings.storageMigration),
    ...featureGates(settings.version, settings.storageMigration),
    ...settings.extra,
  ];
}

/** https://kubernetes.io/docs/concepts/architecture/mixed-version-proxy/; on by default since 1.36 where there is a peer's authority. */
function mixedVersionProxyFlags(pki: string, { bindAddress, port }: ServerPlace): string[] {
  const authority = join(pki, "ca.crt");
  return [
    `--peer-ca-file=${authority}`,
    `--peer-advertise-ip=${bindAddress}`,
    `--peer-advertise-port=${port}`,
    `--proxy-client-cert-file=${join(pki, "front-proxy.crt")}`,
    `--proxy-client-key-file=${join(pki, "front-proxy.key")}`,
    `--requestheader-client-ca-file=${authority}`,
    "--requestheader-allowed-names=front-proxy",
    "--requestheader-username-headers=X-Remote-User",
    "--requestheader-uid-headers=X-Remote-Uid",
    "--requestheader-group-headers=X-Remote-Group",
    "--requestheader-extra-headers-prefix=X-Remote-Extra-",
  ];
}

function encryptionFlags(encryption: EncryptionSettings | undefined): string[] {
  if (!encryption) return [];
  return [
    `--encryption-provider-config=${encryption.file}`,
    `--encryption-provider-config-automatic-reload=${encryption.automaticReload}`,
  ];
}

export function controllerManagerFlags(
  settings: Pick<ApiServerSettings, "version" | "dir" | "storageMigration">,
  more: readonly string[] = [],
): string[] {
  // The migrator follows objects through the garbage collector's watches.
  const ours = ["storage-version-migrator-controller", "garbage-collector-controller", "namespace-controller"];
  return [
    `--kubeconfig=${join(settings.dir, "controller-manager.kubeconfig")}`,
    `--controllers=${[...ours, ...more].join(",")}`,
    // Each controller acts with the rights of its own role, as on a real cluster.
    "--use-service-account-credentials=true",
    "--leader-elect=false",
    "--secure-port=0",
    ...featureGates(settings.version, settings.storageMigration),
  ];
}
