import { readFileSync } from "node:fs";
import { Agent, createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { LocalApiServer } from "../../local/cluster/apiServer";

/** A balancer that ends TLS itself and deals out single requests, as some do before API servers: no connection stays with one of them. */
export async function startRequestBalancer(
  dir: string,
  apiServers: readonly LocalApiServer[],
): Promise<{ url: string; close(): void }> {
  const [cert, key] = ["server.crt", "server.key"].map((name) => readFileSync(join(dir, "pki", name)));
  const agent = new Agent({ keepAlive: true });
  let next = 0;
  const server = createServer({ cert, key }, (incoming, outgoing) => {
    const { server: to = "", ca } = apiServers[next++ % apiServers.length]?.endpoint ?? {};
    const { method, headers, url = "" } = incoming;
    const upstream = request(to + url, { method, headers, agent, ca }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    upstream.on("error", () => outgoing.destroy());
    incoming.pipe(upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}
