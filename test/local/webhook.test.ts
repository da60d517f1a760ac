import { request } from "node:https";
import { startWebhook, type Webhook } from "../../examples/selfierequests/webhook";
import { makeAuthority, makeServerCertificate, type Certificate } from "../../local/certificates";

let authority: Certificate;
let webhook: Webhook;
beforeAll(async () => {
  authority = await makeAuthority("test");
  webhook = await startWebhook(await makeServerCertificate(authority, "test"));
});
afterAll(() => webhook.close());

function send(method: string, body: string, ca = authority.cert): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(webhook.url, { method, ca, agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

test("a review over TLS, verified with the authority, is answered", async () => {
  const body = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "ConversionReview",
    request: {
      uid: "u",
      desiredAPIVersion: "stable.example.com/v2",
      objects: [{ apiVersion: "stable.example.com/v1", kind: "SelfieRequest", hostPort: "a:1" }],
    },
  };
  const { status, text } = await send("POST", JSON.stringify(body));
  expect([status, JSON.parse(text).response.convertedObjects[0].port]).toEqual([200, "1"]);
});

test("another authority => the connection is refused by the caller", async () => {
  const stranger = await makeAuthority("stranger");
  await expect(send("POST", "{}", stranger.cert)).rejects.toThrow(/certificate/);
});

test.each([
  ["GET", "", 404],
  ["POST", "not JSON", 400],
  ["POST", "{}", 400],
  ["POST", "x".repeat(17 * 1024 * 1024), 413],
])("%s of something else => refused with a status", async (method, body, status) => {
  expect((await send(method, body)).status).toBe(status);
});
