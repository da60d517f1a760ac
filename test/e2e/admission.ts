import { createServer } from "https";
import type { AddressInfo } from "net";
import { setTimeout as pause } from "timers/promises";
import { makeAuthority, makeServerCertificate } from "../../local/certificates";
import type { Client } from "../../local/cluster/client";
import type { Cluster } from "../../local/cluster/cluster";

export interface Verdict {
  allowed: boolean;
  status?: { code: number; reason: string; message: string };
  /** Of a mutating webhook, the patch in base64. */
  patchType?: "JSONPatch";
  patch?: string;
}
export type Admission = (name: string, user: string, dryRun: boolean) => Verdict | Promise<Verdict>;

/** An admission webhook server: each resource by its plural; what is not named is allowed, what `decide` fails with is no answer. */
export async function startAdmission(decisions: Record<string, Admission>) {
  const authority = await makeAuthority("admission");
  const { cert, key } = await makeServerCertificate(authority, "admission");
  const server = createServer({ cert, key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const {
        apiVersion,
        kind,
        request: asked,
      } = JSON.parse(Buffer.concat(chunks).toString()) as {
        apiVersion: string;
        kind: string;
        request: {
          uid: string;
          name: string;
          resource: { resource: string };
          userInfo: { username: string };
          dryRun?: boolean;
        };
      };
      const decide = decisions[asked.resource.resource] ?? (() => ({ allowed: true }));
      Promise.resolve(decide(asked.name, asked.userInfo.username, asked.dryRun === true)).then(
        (verdict) => response.end(JSON.stringify({ apiVersion, kind, response: { uid: asked.uid, ...verdict } })),
        () => response.destroy(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`, caBundle: authority.cert, close };
}

/** A ValidatingWebhookConfiguration by which that server is asked about this resource. */
export function webhookConfiguration(
  { group, plural }: { group: string; plural: string },
  { url, caBundle }: { url: string; caBundle: string },
) {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: plural },
    webhooks: [
      {
        name: `${plural}.${group}`,
        clientConfig: { url, caBundle: Buffer.from(caBundle).toString("base64") },
        rules: [{ apiGroups: [group], apiVersions: ["*"], resources: [plural], operations: ["CREATE", "UPDATE"] }],
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
        timeoutSeconds: 10,
      },
    ],
  };
}

/**
 * Has every API server ask `decide` about this resource. One asks a webhook that was just configured from some moment on.
 *
 * @param sample an object of that name which may be created
 * @returns what ends it
 */
export async function askedByEveryServer(
  { client, apiServers }: Cluster,
  resource: { group: string; version: string; plural: string },
  decide: Admission,
  sample: (name: string) => object,
): Promise<() => void> {
  const { group, version, plural } = resource;
  let isAsked = false;
  let isReady = false;
  const admission = await startAdmission({
    [plural]: (...asked) => {
      isAsked = true;
      return isReady ? decide(...asked) : { allowed: true };
    },
  });
  const hooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
  await client.post(hooks, webhookConfiguration(resource, admission));
  const path = `/apis/${group}/${version}/namespaces/default/${plural}?dryRun=All`;
  for (const server of apiServers) {
    isAsked = false;
    for (let nth = 0; !isAsked; nth++) {
      await server.client.send("POST", path, sample(`asked-${nth}`));
      await pause(100);
    }
  }
  isReady = true;
  return admission.close;
}

/**
 * What the API server itself applies to each update of a resource, without a webhook. It takes a moment until it is in force.
 * https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/
 */
export async function mutateEachUpdate(
  client: Client,
  name: string,
  resource: { group: string; plural: string },
  expression: string,
): Promise<void> {
  const path = "/apis/admissionregistration.k8s.io/v1";
  const head = { apiVersion: "admissionregistration.k8s.io/v1", metadata: { name } };
  const rule = {
    apiGroups: [resource.group],
    apiVersions: ["*"],
    resources: [resource.plural],
    operations: ["UPDATE"],
  };
  await client.post(`${path}/mutatingadmissionpolicies`, {
    ...head,
    kind: "MutatingAdmissionPolicy",
    spec: {
      reinvocationPolicy: "Never",
      matchConstraints: { resourceRules: [rule] },
      mutations: [{ patchType: "ApplyConfiguration", applyConfiguration: { expression } }],
    },
  });
  const kind = "MutatingAdmissionPolicyBinding";
  await client.post(`${path}/mutatingadmissionpolicybindings`, { ...head, kind, spec: { policyName: name } });
}
