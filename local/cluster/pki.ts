import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { makeAuthority, makeServerCertificate } from "../certificates";
import { writePrivately } from "./kubeconfig";

export interface Credentials {
  /** PEM of the authority that signed the API server's certificate */
  ca: string;
  admin: string;
  controllerManager: string;
}

/** Makes the certificates, keys and tokens of one cluster, in files that only their owner may read. */
export async function makeCredentials(dir: string): Promise<Credentials> {
  const pki = join(dir, "pki");
  mkdirSync(pki, { recursive: true, mode: 0o700 });
  const authority = await makeAuthority("local control plane");
  // As other API servers call it (k8s.io/kubernetes pkg/controlplane/apiserver/peer.go).
  const names = ["kubernetes.default.svc"];
  const server = await makeServerCertificate(authority, "kube-apiserver", ["serverAuth"], undefined, names);
  const frontProxy = await makeServerCertificate(authority, "front-proxy", ["clientAuth"]);
  const serviceAccount = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const credentials = { ca: authority.cert, admin: randomToken(), controllerManager: randomToken() };
  const files = {
    "ca.crt": authority.cert,
    "server.crt": server.cert,
    "server.key": server.key,
    "front-proxy.crt": frontProxy.cert,
    "front-proxy.key": frontProxy.key,
    "service-account.key": serviceAccount.privateKey.export({ type: "sec1", format: "pem" }).toString(),
    "service-account.pub": serviceAccount.publicKey.export({ type: "spki", format: "pem" }).toString(),
    // token,user,uid,"groups": https://kubernetes.io/docs/reference/access-authn-authz/authentication/#static-token-file
    "tokens.csv": `${credentials.admin},admin,admin,"system:masters"\n${credentials.controllerManager},system:kube-controller-manager,kcm\n`,
  };
  for (const [name, text] of Object.entries(files)) writePrivately(join(pki, name), text);
  return credentials;
}

function randomToken(): string {
  return randomBytes(24).toString("hex");
}
