import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { LocalApiServer } from "../../local/cluster/apiServer";

/** What the proxy does to one request: passes it on and answers; answers by itself; or passes it on and loses the answer, or its second half. */
export type Fault = "none" | "504" | "lost" | "half lost";

/** Ends TLS itself and deals out single requests, as some balancers before API servers do: no connection stays with one of them. */
export async function startRequestProxy(
  dir: string,
  apiServers: readonly LocalApiServer[],
  faultOf: (request: IncomingMessage, body: string) => Fault = () => "none",
): Promise<{ url: string; close(): void }> {
  const [cert, key] = ["server.crt", "server.key"].map((name) => readFileSync(join(dir, "pki", name)));
  const agent = new Agent({ keepAlive: true });
  let next = 0;
  const server = createServer({ cert, key }, (incoming, outgoing) => {
    const { server: to = "", ca } = apiServers[next++ % apiServers.length]?.endpoint ?? {};
    const { method, headers, url = "" } = incoming;
    void text(incoming).then((body) => {
      const fault = faultOf(incoming, body);
      if (fault === "504") return void outgoing.writeHead(504).end();
      const upstream = request(to + url, { method, headers, agent, ca }, (answer) => {
        if (fault === "lost") return void answer.resume().on("end", () => outgoing.destroy());
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        if (fault === "half lost") return void answer.once("data", (chunk: Buffer) => answerHalf(outgoing, chunk));
        answer.pipe(outgoing);
      });
      upstream.on("error", () => outgoing.destroy());
      upstream.end(body);
    });
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

/** And then the end of the connection, as from a balancer that is restarted: no reset. */
function answerHalf(outgoing: ServerResponse, chunk: Buffer): void {
  outgoing.write(chunk.subarray(0, chunk.length / 2), () => outgoing.socket?.end());
}
