import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";

/** Where an address named by a CONNECT really is; undefined for one that nobody has. */
export type Locate = (address: string) => { host: string; port: number } | undefined;

/** An address that is what it says. */
export const asNamed: Locate = (address) => {
  const { hostname, port } = new URL(`http://${address}`);
  return { host: hostname, port: Number(port) || 80 };
};

/**
 * Carries an API server's calls out of its network, or into the cluster's: the CONNECT proxy that its egress selector tells it of.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/setup-konnectivity/
 *
 * Whoever closes the server closes the tunnels too: it does not count them among its connections.
 */
export function createEgressProxy(locate: Locate, tunnels = new Set<Duplex>()): Server {
  const server = createServer((_, response) => response.writeHead(405).end("expected CONNECT\n"));
  server.on("connect", ({ url = "" }, client) => {
    const place = locate(url);
    if (place === undefined) return void client.end("HTTP/1.1 502 nobody has this address\r\n\r\n");
    const upstream = connect(place.port, place.host);
    tunnels.add(client);
    upstream.once("connect", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      client.pipe(upstream).pipe(client);
    });
    upstream.once("error", (error) => client.end(`HTTP/1.1 502 ${error.message.replace(/[^\w .:]/g, " ")}\r\n\r\n`));
    client.once("error", () => upstream.destroy());
    client.once("close", () => (tunnels.delete(client), upstream.destroy()));
    upstream.once("close", () => client.destroy());
  });
  return server;
}

/**
 * Sends the named calls through the proxy at a unix socket; what is not named, as etcd, is reached straight.
 * https://kubernetes.io/docs/reference/config-api/apiserver-config.v1beta1/#apiserver-k8s-io-v1beta1-EgressSelectorConfiguration
 */
export function egressConfiguration(socket: string, names: readonly ("cluster" | "controlplane")[]): string {
  const connection = { proxyProtocol: "HTTPConnect", transport: { uds: { udsName: socket } } };
  return JSON.stringify({
    apiVersion: "apiserver.k8s.io/v1beta1",
    kind: "EgressSelectorConfiguration",
    egressSelections: names.map((name) => ({ name, connection })),
  });
}
