import * as https from "https";
import type { AddressInfo } from "net";
import type { Cluster } from "../../../components/kubernetes/cluster";
import { postToWebhook } from "../../../components/migration/rehearsal/webhookClient";
import { makeAuthority, makeServerCertificate } from "../../../local/certificates";

let server: https.Server;
afterEach(() => server.close());

test("a webhook whose answer breaks off, as one that is killed, is an error at once and not a wait for ever", async () => {
  const authority = await makeAuthority("webhook");
  const { cert, key } = await makeServerCertificate(authority, "webhook");
  server = https.createServer({ cert, key }, (_request, response) => {
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": 100 });
    response.write('{"kind":');
    setTimeout(() => response.socket?.end(), 20);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/convert`;
  const config = { url, caBundle: Buffer.from(authority.cert).toString("base64") };
  const answer = postToWebhook({} as Cluster, config, { body: {}, timeoutSeconds: 60 });
  await expect(answer).rejects.toMatchObject({ trouble: "down" });
});
