import { createServer, type Server } from "node:http";
import { connect } from "node:net";

/**
 * API servers in a network of their own reach webhooks outside through this, by their egress selector:
 * https://kubernetes.io/docs/tasks/extend-kubernetes/setup-konnectivity/.
 */
export function createProxy(): Server {
  const server = createServer((_, response) => response.writeHead(405).end("expected CONNECT\n"));
  server.on("connect", ({ url = "" }, client) => {
    const at = new URL(`http://${url}`);
    const upstream = connect(Number(at.port) || 80, at.hostname);
    upstream.once("connect", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      client.pipe(upstream).pipe(client);
    });
    upstream.once("error", (error) => client.end(`HTTP/1.1 502 ${error.message.replace(/[^\w .:]/g, " ")}\r\n\r\n`));
    client.once("error", () => upstream.destroy());
    client.once("close", () => upstream.destroy());
    upstream.once("close", () => client.destroy());
  });
  return server;
}
