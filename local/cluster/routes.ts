import { rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { asNamed, createEgressProxy } from "../egress";

/** One road for connections. An end is HOST:PORT, or the path of a unix socket: those are reached from any network namespace. */
export interface Route {
  listen: string;
  /** Each new connection goes to the next of these that accepts it, as with any plain TCP balancer. "proxy": to whatever an HTTP CONNECT names. */
  to: string[] | "proxy";
}

interface Open {
  server: Server;
  to: string[];
  sockets: Set<Socket>;
}

/** Roads that are open now. */
export class OpenRoutes {
  private readonly open = new Map<string, Open>();

  /** From now on these and no others; of those that go, the connections end too. */
  async set(routes: readonly Route[]): Promise<void> {
    for (const [listen, { server, sockets }] of this.open) {
      if (routes.some((route) => route.listen === listen)) continue;
      this.open.delete(listen);
      server.close();
      for (const socket of sockets) socket.destroy();
    }
    for (const { listen, to } of routes) {
      const known = this.open.get(listen);
      if (known && to !== "proxy") known.to = to;
      if (!known) this.open.set(listen, await start(listen, to));
    }
  }
}

/** A request in two pieces must not wait 40 ms for the other side to acknowledge the first. */
const AT_ONCE = { noDelay: true, allowHalfOpen: true };

async function start(listen: string, to: string[] | "proxy"): Promise<Open> {
  const opened: Open = {
    server: createServer(AT_ONCE),
    to: to === "proxy" ? [] : to,
    sockets: new Set(),
  };
  if (to === "proxy") opened.server = createEgressProxy(asNamed);
  else balance(opened);
  opened.server.on("connection", (socket: Socket) => {
    opened.sockets.add(socket);
    socket.once("close", () => opened.sockets.delete(socket));
  });
  const at = end(listen);
  if ("path" in at) rmSync(at.path, { force: true });
  await new Promise<void>((resolve, reject) => opened.server.once("error", reject).listen(at, resolve));
  return opened;
}

function balance(opened: Open): void {
  let next = 0;
  opened.server.on("connection", (client: Socket) => {
    const targets = opened.to;
    const first = next++;
    client.on("error", () => client.destroy());
    const attempt = (tried: number): void => {
      const target = targets[(first + tried) % targets.length];
      if (tried === targets.length || target === undefined || client.destroyed) return void client.destroy();
      const upstream = connect({ ...end(target), ...AT_ONCE });
      upstream.once("connect", () => join(client, upstream));
      upstream.once("error", () => attempt(tried + 1));
    };
    attempt(0);
  });
}

function join(client: Socket, upstream: Socket): void {
  upstream.removeAllListeners("error");
  for (const [from, to] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    from.on("error", () => to.destroy());
    // Closed after its end, what it sent is still on its way to the other side.
    from.on("close", () => from.readableEnded || to.destroy());
    from.pipe(to);
  }
}

function end(text: string): { path: string } | { host: string; port: number } {
  if (text.startsWith("/")) return { path: text };
  const [host = "", port = ""] = text.split(":");
  return { host, port: Number(port) };
}
