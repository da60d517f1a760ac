import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Endpoint } from "./client";

/** Writes a kubeconfig for one user of the local cluster. JSON is YAML, so no library is needed. */
export function writeKubeconfig(file: string, user: string, endpoint: Endpoint): string {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "local",
        cluster: { server: endpoint.server, "certificate-authority-data": Buffer.from(endpoint.ca).toString("base64") },
      },
    ],
    users: [{ name: user, user: { token: endpoint.token } }],
    contexts: [{ name: "local", context: { cluster: "local", user } }],
    "current-context": "local",
  };
  writePrivately(file, JSON.stringify(config, null, 2));
  return file;
}

/** A file that only its owner may read, never seen half written. */
export function writePrivately(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** What `writeKubeconfig` has written. */
export function readKubeconfig(file: string): Endpoint {
  const { clusters, users } = JSON.parse(readFileSync(file, "utf8")) as {
    clusters: [{ cluster: { server: string; "certificate-authority-data": string } }];
    users: [{ user: { token: string } }];
  };
  const { server, "certificate-authority-data": ca } = clusters[0].cluster;
  return { server, ca: Buffer.from(ca, "base64").toString("utf8"), token: users[0].user.token };
}
