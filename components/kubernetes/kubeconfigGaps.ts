import * as fs from "fs";
import * as path from "path";
import type { Cluster, Context, User } from "@kubernetes/client-node/dist/config_types.js" with {
  "resolution-mode": "import",
};
import { parse } from "yaml";
import { CredentialsError } from "./errors";
import type { KubeconfigEntries } from "./kubeconfigEntries";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What client-node 1.4.0 does not take over from a kubeconfig and kubectl does, hung on to its own entries. */
export interface FullUser extends User {
  /** Headers for `as-groups`, `as-uid` and `as-user-extra`; `as` alone is client-node's. */
  impersonation?: Record<string, string | string[]>;
}

interface FullCluster extends Cluster {
  /** The cluster's extension for credential plugins. */
  execConfig?: unknown;
}

interface Exec {
  apiVersion?: string;
  command?: string;
  env?: { name: string; value: string }[] | null;
  interactiveMode?: string;
  provideClusterInfo?: boolean;
}

interface RawUser {
  tokenFile?: string;
  as?: string;
  "as-groups"?: string[];
  "as-uid"?: string;
  "as-user-extra"?: Record<string, string[]>;
}

interface Raw {
  clusters?: { name: string; cluster?: { extensions?: { name: string; extension: unknown }[] } }[];
  users?: { name: string; user?: RawUser }[];
}

const EXEC_EXTENSION = "client.authentication.k8s.io/exec";

/**
 * Fills in what client-node leaves out, from the same text that it read. The rules are client-go's:
 * https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ and client-go tools/clientcmd/loader.go (relative paths).
 */
export function fillKubeconfigGaps(config: KubeconfigEntries, text: string, directory: string): void {
  const raw = parse(text) as Raw | null;
  for (const { name, user } of raw?.users ?? []) {
    const known = config.users.find((candidate) => candidate.name === name) as Writable<FullUser> | undefined;
    if (known === undefined || user == null) continue;
    if (user.tokenFile !== undefined) {
      known.authProvider = { name: "tokenFile", config: { tokenFile: path.resolve(directory, user.tokenFile) } };
      delete known.token; // the file wins over `token`
    }
    const exec = known.exec as Exec | undefined | null;
    if (exec?.command?.includes(path.sep) === true) exec.command = path.resolve(directory, exec.command);
    known.impersonation = impersonationOf(name, user);
  }
  for (const { name, cluster } of raw?.clusters ?? []) {
    const known = config.clusters.find((candidate) => candidate.name === name) as FullCluster | undefined;
    const extension = cluster?.extensions?.find((each) => each.name === EXEC_EXTENSION);
    if (known !== undefined && extension !== undefined) known.execConfig = extension.extension;
  }
  // Without a user client-node leaves out the cluster's authority as well.
  for (const context of config.contexts as Writable<Context>[]) context.user ??= anonymous(config);
}

function anonymous(config: KubeconfigEntries): string {
  const name = "(anonymous)";
  if (!config.users.some((user) => user.name === name)) config.users.push({ name });
  return name;
}

function impersonationOf(name: string, user: RawUser): Record<string, string | string[]> {
  const { as, "as-groups": groups = [], "as-uid": uid, "as-user-extra": extra = {} } = user;
  if (as === undefined && (groups.length > 0 || uid !== undefined || Object.keys(extra).length > 0)) {
    throw new CredentialsError({
      what: `kubeconfig: user ${name} has as-groups, as-uid or as-user-extra without as`,
      expected: "as, too",
      next: "add the user to impersonate",
    });
  }
  return {
    ...(groups.length > 0 && { "Impersonate-Group": groups }),
    ...(uid !== undefined && { "Impersonate-Uid": uid }),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [`Impersonate-Extra-${encodeURIComponent(key)}`, values]),
    ),
  };
}

/** client-go sets KUBERNETES_EXEC_INFO for every plugin and several refuse to run without it; client-node does not. */
export function fillExecPluginGap(context: string, user: User, cluster: Cluster): void {
  const exec = user.exec as Exec | undefined | null;
  if (!exec) return;
  if (exec.interactiveMode === "Always") {
    throw new CredentialsError({
      what: `context ${context}: credential plugin ${exec.command} has interactiveMode: Always`,
      expected: "one that needs no terminal, since a Pulumi provider has none",
      next: "log in with it beforehand, and set interactiveMode to IfAvailable",
    });
  }
  const spec = { ...(exec.provideClusterInfo === true && { cluster: clusterInfo(cluster) }), interactive: false };
  const info = { apiVersion: exec.apiVersion, kind: "ExecCredential", spec };
  exec.env = [...(exec.env ?? []), { name: "KUBERNETES_EXEC_INFO", value: JSON.stringify(info) }];
}

/** https://kubernetes.io/docs/reference/config-api/client-authentication.v1/#client-authentication-k8s-io-v1-Cluster */
function clusterInfo(cluster: FullCluster): object {
  const authority = cluster.caFile === undefined ? cluster.caData : fs.readFileSync(cluster.caFile).toString("base64");
  return {
    server: cluster.server,
    ...(cluster.tlsServerName !== undefined && { "tls-server-name": cluster.tlsServerName }),
    ...(cluster.skipTLSVerify && { "insecure-skip-tls-verify": true }),
    ...(authority !== undefined && { "certificate-authority-data": authority }),
    ...(cluster.proxyUrl !== undefined && { "proxy-url": cluster.proxyUrl }),
    ...(cluster.execConfig !== undefined && { config: cluster.execConfig }),
  };
}
