import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { makeAuthority, makeServerCertificate } from "../local/certificates";
import type { Client } from "../local/cluster/client";
import type { Subject } from "./subject";

const PATH = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
const NAME = "chaos-slow-admission";

interface Review {
  apiVersion: string;
  kind: string;
  request: { uid: string; name: string };
}

/** An admission webhook that allows everything, and holds up requests for these names. */
export async function startSlowAdmission(
  client: Client,
  { rule }: Subject,
  heldMs: number,
  isHeld: (name: string) => boolean,
): Promise<{ end(): Promise<void> }> {
  const authority = await makeAuthority("admission");
  const { cert, key } = await makeServerCertificate(authority, "admission");
  const server = createServer({ cert, key }, (request, response) => {
    void text(request).then(async (body) => {
      const { apiVersion, kind, request: asked } = JSON.parse(body) as Review;
      if (isHeld(asked.name)) await sleep(heldMs);
      response.end(JSON.stringify({ apiVersion, kind, response: { uid: asked.uid, allowed: true } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const caBundle = Buffer.from(authority.cert).toString("base64");
  const hook = {
    name: "slow.chaos.example.com",
    clientConfig: { url, caBundle },
    rules: [{ ...rule, operations: ["CREATE", "UPDATE"] }],
    sideEffects: "None",
    admissionReviewVersions: ["v1"],
    timeoutSeconds: 30,
  };
  await client.post(PATH, {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: NAME },
    webhooks: [hook],
  });
  return {
    end: async () => {
      await client.delete(`${PATH}/${NAME}`);
      // Servers follow the configuration in a moment; until then they ask here.
      await sleep(heldMs + 1_000);
      server.close();
      server.closeAllConnections();
    },
  };
}
