import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OpenRoutes } from "../../local/cluster/routes";

let dir: string;
let routes: OpenRoutes;
let servers: Server[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "routes-"));
  routes = new OpenRoutes();
  servers = [];
});
afterEach(async () => {
  await routes.set([]);
  for (const server of servers) server.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Says its name to whoever connects, and nothing more. */
async function named(name: string): Promise<string> {
  const server = createServer((socket) => socket.write(name));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function dial(path: string): Promise<{ said: string; socket: Socket }> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("data", (data) => resolve({ said: data.toString(), socket }));
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed")));
  });
}

test("each new connection goes to the next target that accepts", async () => {
  const listen = join(dir, "front");
  await routes.set([{ listen, to: [await named("a"), "127.0.0.1:1", await named("b")] }]);
  const said: string[] = [];
  for (let nth = 0; nth < 6; nth++) {
    const met = await dial(listen);
    said.push(met.said);
    met.socket.destroy();
  }
  expect(said).toEqual(["a", "b", "b", "a", "b", "b"]);
});

test("a route that goes takes its connections along; one that stays keeps them and learns new targets", async () => {
  const [going, staying] = [join(dir, "going"), join(dir, "staying")];
  const a = await named("a");
  await routes.set([
    { listen: going, to: [a] },
    { listen: staying, to: [a] },
  ]);
  const [lost, kept] = [await dial(going), await dial(staying)];
  const ended = new Promise((resolve) => lost.socket.once("close", resolve));
  await routes.set([{ listen: staying, to: [await named("b")] }]);
  await ended;
  await expect(dial(going)).rejects.toThrow();
  expect(kept.socket.closed).toBe(false);
  const next = await dial(staying);
  expect(next.said).toBe("b");
  for (const { socket } of [kept, next]) socket.destroy();
});

test("HTTP CONNECT over a unix socket reaches what it names; what is not there is a 502", async () => {
  const socketPath = join(dir, "out");
  await routes.set([{ listen: socketPath, to: "proxy" }]);
  const ask = (path: string): Promise<{ status: number | undefined; socket: Socket }> =>
    new Promise((resolve, reject) => {
      const outgoing = request({ socketPath, method: "CONNECT", path });
      outgoing.once("connect", ({ statusCode }, socket) => resolve({ status: statusCode, socket }));
      outgoing.once("error", reject);
      outgoing.end();
    });
  const there = await ask(await named("a"));
  expect(there.status).toBe(200);
  there.socket.destroy();
  expect((await ask("127.0.0.1:1")).status).toBe(502);
});
