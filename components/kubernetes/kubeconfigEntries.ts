import * as fs from "fs";
import { isIPv6 } from "net";
import * as path from "path";
import type { Cluster, Context, User } from "@kubernetes/client-node/dist/config_types.js" with {
  "resolution-mode": "import",
};
import { parse } from "yaml";

/** The entries of a kubeconfig in client-node's form. */
export interface KubeconfigEntries {
  clusters: Cluster[];
  users: User[];
  contexts: Context[];
  currentContext?: string | undefined;
}

interface Raw {
  clusters?: unknown;
  users?: unknown;
  contexts?: unknown;
  "current-context"?: string;
}

/** Paths are relative to the file's directory. @throws Error for what is no kubeconfig; it may quote the text */
export async function parseKubeconfig(text: string, directory: string): Promise<KubeconfigEntries> {
  // Its index and its KubeConfig load every class of the Kubernetes API: half a second, and 50 MiB.
  const { newClusters, newContexts, newUsers } = await import("@kubernetes/client-node/dist/config_types.js");
  const raw = parse(text) as Raw;
  const absolute = (file: string): string => path.resolve(directory, file);
  const clusters = newClusters(raw.clusters);
  for (const cluster of clusters) if (cluster.caFile) cluster.caFile = absolute(cluster.caFile);
  const users = newUsers(raw.users);
  for (const user of users) {
    if (user.certFile) user.certFile = absolute(user.certFile);
    if (user.keyFile) user.keyFile = absolute(user.keyFile);
  }
  return { clusters, users, contexts: newContexts(raw.contexts), currentContext: raw["current-context"] };
}

const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * The pod's own service account; undefined outside a pod.
 * https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 */
export function serviceAccountEntries(): KubeconfigEntries | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  const tokenFile = `${ACCOUNT}/token`;
  if (host === undefined || port === undefined || !fs.existsSync(tokenFile)) return undefined;
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return {
    clusters: [{ name: "inCluster", server, caFile: `${ACCOUNT}/ca.crt`, skipTLSVerify: false }],
    users: [{ name: "inClusterUser", authProvider: { name: "tokenFile", config: { tokenFile } } }],
    contexts: [{ name: "inClusterContext", cluster: "inCluster", user: "inClusterUser" }],
    currentContext: "inClusterContext",
  };
}
