import { createHash } from "crypto";
import { type Conversion, DEFINITIONS_PATH } from "../../crd/definition";
import type { Cluster } from "../../kubernetes/cluster";
import { hasErrorStatus } from "../../kubernetes/errors";
import type { Trust } from "./plan";
import type { Names } from "./takeAuthorityStep";

interface Definitions {
  items: { metadata: { name: string }; spec: { conversion?: Conversion } }[];
}

/** Which CRDs lead to the Service, and which of them lack this authority; undefined where CRDs may not be listed. */
export async function readTrust(cluster: Cluster, names: Names, authority: string): Promise<Trust | undefined> {
  try {
    const { items } = await cluster.call<Definitions>({ method: "GET", path: DEFINITIONS_PATH });
    return findTrust(items, names, authority);
  } catch (error) {
    if (hasErrorStatus(error, 403)) return undefined;
    throw error;
  }
}

/**
 * Name of the Secret with a certificate, by its content: Pulumi's kubernetes provider replaces a Secret whose data changes, and one of the same
 * name it deletes first, and with it the Deployment that mounts it.
 * https://www.pulumi.com/registry/packages/kubernetes/api-docs/provider/#enablesecretmutable_nodejs
 */
export function secretOfTrustedCertificate(service: string, cert: string): string {
  return `${service}-tls-${createHash("sha256").update(cert).digest("hex").slice(0, 10)}`;
}

/** The certificate that pods are given: what its Secret holds, empty where there is none; undefined where that may not be read. */
export async function readServedTrust(
  cluster: Cluster,
  { service, namespace }: Names,
  cert: string,
): Promise<string | undefined> {
  try {
    const path = `/api/v1/namespaces/${namespace}/secrets/${secretOfTrustedCertificate(service, cert)}`;
    const { data } = await cluster.call<{ data?: Record<string, string> }>({ method: "GET", path });
    return Buffer.from(data?.["tls.crt"] ?? "", "base64").toString();
  } catch (error) {
    if (hasErrorStatus(error, 404)) return "";
    if (hasErrorStatus(error, 403)) return undefined;
    throw error;
  }
}

export function findTrust(items: Definitions["items"], { service, namespace }: Names, authority: string): Trust {
  const users = items.filter(({ spec }) => {
    const found = spec.conversion?.webhook?.clientConfig?.service as { name?: string; namespace?: string } | undefined;
    return found?.name === service && found.namespace === namespace;
  });
  const without = users.filter(({ spec }) => {
    const bundle = spec.conversion?.webhook?.clientConfig?.caBundle ?? "";
    return !Buffer.from(bundle, "base64").toString().includes(authority.trim());
  });
  const names = (found: Definitions["items"]): string[] => found.map(({ metadata }) => metadata.name).sort();
  return { users: names(users), without: names(without) };
}
