import { createServer } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";

/** Where an address of the cluster really is; undefined for one that nobody has. */
export type Locate = (address: string) => { host: string; port: number } | undefined;

/**
 * Carries the API server's calls into the cluster's network, which here is none: a CONNECT proxy that it is told of by its
 * egress selector. https://kubernetes.io/docs/tasks/extend-kubernetes/setup-konnectivity/
 */
export function createRoad(locate: Locate): Road {
  const tunnels = new Set<Duplex>();
  const server = createServer((_, response) => response.writeHead(405).end("expected CONNECT\n"));
  server.on("connect", ({ url = "" }, client) => {
    const place = locate(url);
    if (place === undefined) return void client.end("HTTP/1.1 502 nobody has this address\r\n\r\n");
    const upstream = connect(place.port, place.host);
    tunnels.add(client);
    client.once("close", () => tunnels.delete(client));
    upstream.once("connect", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      client.pipe(upstream).pipe(client);
    });
    upstream.once("error", () => client.end("HTTP/1.1 502 not reached\r\n\r\n"));
    client.once("error", () => upstream.destroy());
    client.once("close", () => upstream.destroy());
    upstream.once("close", () => client.destroy());
  });
  return {
    open: (socket) => new Promise((resolve) => server.listen(socket, resolve)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        tunnels.forEach((tunnel) => tunnel.destroy()); // the server does not count them among its connections
      }),
  };
}

export interface Road {
  /** @param socket path of a unix socket */
  open(socket: string): Promise<void>;
  close(): Promise<void>;
}

/** https://kubernetes.io/docs/reference/config-api/apiserver-config.v1beta1/#apiserver-k8s-io-v1beta1-EgressSelectorConfiguration */
export function egressConfiguration(socket: string): string {
  const connection = { proxyProtocol: "HTTPConnect", transport: { uds: { udsName: socket } } };
  return JSON.stringify({
    apiVersion: "apiserver.k8s.io/v1beta1",
    kind: "EgressSelectorConfiguration",
    egressSelections: [
      { name: "cluster", connection },
      { name: "controlplane", connection: { proxyProtocol: "Direct" } },
    ],
  });
}
