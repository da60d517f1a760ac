import { createPrivateKey, randomUUID, sign } from "crypto";
import * as fs from "fs";
import * as path from "path";
import { generate } from "selfsigned";
import type { Certificate } from "../../local/certificates";
import type { Cluster } from "../../local/cluster/cluster";

/** A client certificate that the API server takes for this user, for so many seconds. */
export async function clientCertificate(
  authority: Certificate,
  user: { name: string; group?: string },
  seconds: number,
): Promise<Certificate> {
  const subject = [
    { name: "commonName", value: user.name },
    ...(user.group === undefined ? [] : [{ name: "organizationName", value: user.group }]),
  ];
  const made = await generate(subject, {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notBeforeDate: new Date(Date.now() - 3_600_000),
    notAfterDate: new Date(Date.now() + seconds * 1_000),
    ca: authority,
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", clientAuth: true },
    ],
  });
  return { cert: made.cert, key: made.private };
}

/** A ServiceAccount's token as the API server signs them, but for seconds: TokenRequest gives ten minutes at least. */
export async function shortToken(cluster: Cluster, name: string, seconds: number): Promise<string> {
  const { metadata } = (await cluster.client.get(`/api/v1/namespaces/kube-system/serviceaccounts/${name}`)) as {
    metadata: { uid: string };
  };
  const issuer = "https://kubernetes.default.svc";
  // The API server allows for clocks that are a minute apart (go-jose jwt, DefaultLeeway).
  const end = Math.floor(Date.now() / 1_000) + seconds - 60;
  const claims = {
    ...{ iss: issuer, aud: [issuer], sub: `system:serviceaccount:kube-system:${name}`, jti: randomUUID() },
    ...{ iat: end - 60, nbf: end - 60, exp: end },
    "kubernetes.io": { namespace: "kube-system", serviceaccount: { name, uid: metadata.uid } },
  };
  const text = [{ alg: "ES256" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const key = createPrivateKey(fs.readFileSync(path.join(cluster.dir, "pki", "service-account.key")));
  return `${text}.${sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}

/** A kubeconfig with one context, as kubectl reads them. */
export function kubeconfig(
  cluster: Cluster,
  user: object,
  more: { cluster?: object; withoutAuthority?: boolean } = {},
): string {
  const { server, ca } = cluster.client.endpoint;
  const authority = { "certificate-authority-data": Buffer.from(ca).toString("base64") };
  return JSON.stringify(
    {
      clusters: [{ name: "c", cluster: { server, ...(!more.withoutAuthority && authority), ...more.cluster } }],
      users: [{ name: "u", user }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    },
    null,
    1,
  );
}

/** Prints whatever credential lies in a file, and notes what it was told. */
export function writePlugin(dir: string): { command: string; credential: string; told: string } {
  const [credential, told] = [path.join(dir, "credential.json"), path.join(dir, "told.json")];
  const script = `#!/bin/sh\nprintf '%s' "$KUBERNETES_EXEC_INFO" > '${told}.'$$; mv '${told}.'$$ '${told}'\nexec cat '${credential}'\n`;
  fs.writeFileSync(path.join(dir, "plugin.sh"), script, { mode: 0o755 });
  return { command: "./plugin.sh", credential, told };
}

/** What a credential plugin prints. */
export function execCredential(status: object): string {
  return JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status });
}

/** A file that a reader never sees half written. */
export function replaceFile(file: string, text: string): void {
  fs.writeFileSync(`${file}.new`, text, { mode: 0o600 });
  fs.renameSync(`${file}.new`, file);
}
