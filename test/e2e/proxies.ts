import * as http from "http";
import * as https from "https";
import * as net from "net";
import type { Certificate } from "../../local/certificates";

/** A proxy that only tunnels. */
export interface Proxy {
  url: string;
  /** HOST:PORT of each tunnel, as it was asked for. */
  tunnels: string[];
  close(): void;
}

/** Where the address that a client asked for really is. */
export type Locate = (host: string, port: number) => { host: string; port: number };

const asNamed: Locate = (host, port) => ({ host, port });

/** CONNECT over HTTP, or over TLS where it has a certificate. */
export async function startHttpProxy(locate = asNamed, certificate?: Certificate): Promise<Proxy> {
  const refuse: http.RequestListener = (_, response) => response.writeHead(405).end();
  const server = certificate === undefined ? http.createServer(refuse) : https.createServer(certificate, refuse);
  const proxy = new Tunnels(server, locate);
  server.on("connect", (request: http.IncomingMessage, client: net.Socket) => {
    const [host = "", port = ""] = (request.url ?? "").split(":");
    proxy.open(client, host, Number(port), "HTTP/1.1 200 Connection established\r\n\r\n");
  });
  const scheme = certificate === undefined ? "http" : "https";
  return proxy.listening(scheme, certificate === undefined ? "127.0.0.1" : "localhost");
}

const ATYP = { name: 3, ipv4: 1 };

/** https://www.rfc-editor.org/rfc/rfc1928: no authentication, CONNECT to a name or an IPv4 address. */
export async function startSocksProxy(locate = asNamed): Promise<Proxy> {
  const server = net.createServer((client) => {
    client.once("data", () => {
      client.write(Buffer.from([5, 0]));
      client.once("data", (request: Buffer) => {
        const length = request[3] === ATYP.name ? (request[4] ?? 0) : 4;
        const start = request[3] === ATYP.name ? 5 : 4;
        const address = request.subarray(start, start + length);
        const host = request[3] === ATYP.name ? address.toString() : [...address].join(".");
        proxy.open(client, host, request.readUInt16BE(start + length), Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
      });
    });
  });
  const proxy = new Tunnels(server, locate);
  return proxy.listening("socks5", "127.0.0.1");
}

class Tunnels {
  private readonly tunnels: string[] = [];
  private readonly sockets = new Set<net.Socket>();

  constructor(
    private readonly server: net.Server,
    private readonly locate: Locate,
  ) {
    server.on("connection", (socket: net.Socket) => this.sockets.add(socket));
    server.on("tlsClientError", () => undefined); // a client that does not trust us says no more than that
  }

  open(client: net.Socket, host: string, port: number, yes: string | Buffer): void {
    this.tunnels.push(`${host}:${port}`);
    const upstream = net.connect(this.locate(host, port), () => {
      client.write(yes);
      upstream.pipe(client).pipe(upstream);
    });
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
    this.sockets.add(upstream);
  }

  async listening(scheme: string, host: string): Promise<Proxy> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    const close = (): void => {
      for (const socket of this.sockets) socket.destroy();
      this.server.close();
    };
    const { port } = this.server.address() as net.AddressInfo;
    return { url: `${scheme}://${host}:${port}`, tunnels: this.tunnels, close };
  }
}
