import type { IncomingMessage, ServerResponse } from "http";
import * as https from "https";
import type { AddressInfo } from "net";
import { Readable } from "stream";
import { Cluster } from "../../../components/kubernetes/cluster";
import type { Credentials } from "../../../components/kubernetes/credentials";
import { exchangeOverTransport } from "../../../components/kubernetes/transport";
import { withoutRetries, withRetries } from "../../../components/kubernetes/retry";
import { makeAuthority, makeServerCertificate } from "../../../local/certificates";

jest.setTimeout(30_000);

type Handler = (
  request: IncomingMessage,
) => number | "hang up" | "break off" | "fall silent" | "wait" | "large" | "forbidden by admission";

let authority: Awaited<ReturnType<typeof makeAuthority>>;
let server: https.Server;
let url: string;
let handle: Handler = () => 200;
let seen: { path: string; token: string | undefined; socket: number }[] = [];
let underWay = 0;
let most = 0;
let held: (() => void)[] = [];
let plugin: { command: string; args: string[] };

beforeAll(async () => {
  authority = await makeAuthority("session");
  const { cert, key } = await makeServerCertificate(authority, "session");
  const sockets = new Map<unknown, number>();
  server = https.createServer({ cert, key }, (request, response) => {
    const socket = sockets.get(request.socket) ?? sockets.size;
    sockets.set(request.socket, socket);
    seen.push({ path: request.url ?? "", token: request.headers.authorization, socket });
    most = Math.max(most, ++underWay);
    const status = handle(request);
    request.resume();
    request.on("end", () => {
      const answer = (): void => {
        underWay--;
        if (status === "hang up") return void request.socket.destroy();
        if (status === "break off" || status === "fall silent") return answerHalf(response, status);
        const code = status === "forbidden by admission" ? 403 : typeof status === "number" ? status : 200;
        response.writeHead(code, { "Content-Type": "application/json" });
        if (status === "large") return void Readable.from(megabytes(130)).pipe(response);
        const message = status === 403 ? `User "made" cannot get path "${request.url}"` : "exceeded quota";
        response.end(JSON.stringify({ kind: "Status", reason: "Made", ...(code === 403 && { message }) }));
      };
      if (status === "wait") held.push(answer);
      else answer();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // Each run answers another token: the time it was run.
  const credential = `{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"TOKEN"}}`;
  plugin = { command: "/bin/sh", args: ["-c", `echo '${credential}' | sed s/TOKEN/t$(date +%s%N)/`] };
});
afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  seen = [];
  most = 0;
  handle = () => 200;
});

/** The same reference names the same session; `user` makes another. */
function kubeconfig(user: object, name: string, path = ""): string {
  const cluster = { server: url + path, "certificate-authority-data": Buffer.from(authority.cert).toString("base64") };
  return JSON.stringify({
    clusters: [{ name: "c", cluster }],
    users: [{ name, user }],
    contexts: [{ name: "x", context: { cluster: "c", user: name } }],
    "current-context": "x",
  });
}

/** Half of an answer, then nothing, or the end of the connection: a server that is killed, a balancer that is restarted. */
function answerHalf(response: ServerResponse, then: "break off" | "fall silent"): void {
  response.writeHead(200, { "Content-Type": "application/json", "Content-Length": 100 });
  response.write('{"kind":');
  if (then === "break off") setTimeout(() => response.socket?.end(), 20);
}

function* megabytes(count: number): Generator<Buffer> {
  for (let left = count; left > 0; left--) yield Buffer.alloc(1024 * 1024, " ");
}

const get = (path: string) => ({ method: "GET", path }) as const;

test("a 401: the credentials are read anew and the request goes through; many at once cause one renewal", async () => {
  const exec = { apiVersion: "client.authentication.k8s.io/v1", interactiveMode: "Never", ...plugin };
  const cluster = await Cluster.connect({ kubeconfig: kubeconfig({ exec }, "plugin") });
  const expired = seen[0]?.token;
  handle = (request) => (request.headers.authorization === expired ? 401 : 200);
  await Promise.all(Array.from({ length: 10 }, (_, index) => cluster.call(get(`/${index}`))));
  const fresh = new Set(seen.map(({ token }) => token).filter((token) => token !== expired));
  expect(fresh.size).toBe(1);
});

test("a 401 that stays is an error after one more try", async () => {
  const cluster = await Cluster.connect({ kubeconfig: kubeconfig({ token: "old" }, "stays") });
  handle = () => 401;
  seen = [];
  await expect(cluster.call(get("/a"))).rejects.toThrow(/does not accept the credentials \(401\)/);
  expect(seen).toHaveLength(2);
});

describe("a refusal (403) is believed of a server that is ready, and not of one that has just started", () => {
  const asked = (): string[] => seen.map(({ path }) => path);

  test("the first request meets one that has just started: it is asked again until /readyz is ok, and goes through", async () => {
    const cluster = await Cluster.connect({ kubeconfig: kubeconfig({ token: "t" }, "starting") });
    let refusals = 2;
    handle = ({ url: path }) => (path === "/readyz" ? (refusals > 0 ? 500 : 200) : refusals-- > 0 ? 403 : 200);
    seen = [];
    const said: string[] = [];
    await withRetries({ report: (message) => void said.push(message) }, () => cluster.call(get("/mine")));
    // What was refused before the "ok" is asked once more after it.
    expect(asked()).toEqual(["/mine", "/readyz", "/mine", "/readyz", "/mine"]);
    expect(said[0]).toMatch(/the API server refuses it and is not ready .* \(503\); asking again/);
    expect(said).toHaveLength(1);
  });

  test("one that is ready is believed, by both answers on one connection; for ten seconds it is not asked again", async () => {
    const cluster = await Cluster.connect({ kubeconfig: kubeconfig({ token: "t" }, "ready") });
    handle = ({ url: path }) => (path === "/readyz" ? 200 : 403);
    for (const path of ["/not-mine", "/nor-this"]) {
      seen = [];
      await expect(cluster.call(get(path))).rejects.toThrow(/not allowed to get/);
      await expect(cluster.call(get(path))).rejects.toThrow(/not allowed to get/);
      expect(asked()).toEqual([path, "/readyz", path, path]);
      expect(seen[2]?.socket).toBe(seen[1]?.socket);
    }
  });

  test("a pinned connection asks its own server", async () => {
    const cluster = await Cluster.connect({ kubeconfig: kubeconfig({ token: "t" }, "pinned to a starting one") });
    const pinned = cluster.pin();
    let isReady = false;
    handle = ({ url: path }) => (path === "/readyz" ? (isReady ? 200 : 500) : isReady ? 200 : 403);
    seen = [];
    await withRetries({ report: () => void (isReady = true) }, () => pinned.call(get("/mine")));
    expect(asked()).toEqual(["/mine", "/readyz", "/mine"]);
    expect(new Set(seen.map(({ socket }) => socket)).size).toBe(1);
    pinned.close();
  });

  test("one that does not become ready is an error that says so; a create under a generated name is asked again as well", async () => {
    const cluster = await Cluster.connect({ kubeconfig: kubeconfig({ token: "t" }, "never ready") });
    handle = ({ url: path }) => (path === "/readyz" ? 500 : 403);
    seen = [];
    const create = { method: "POST", path: "/mine", body: { metadata: { generateName: "a-" } } } as const;
    const refused = withRetries({ seconds: 1 }, () => cluster.call(create));
    await expect(refused).rejects.toMatchObject({ status: 503, mayHaveLanded: false });
    expect(seen.length).toBeGreaterThan(2);
  });

  test("one that refuses /readyz as well has just started, too; after half a minute it is a right that the user lacks", async () => {
    const cluster = await Cluster.connect({ kubeconfig: kubeconfig({ token: "t" }, "lacks readyz") });
    let now = performance.now();
    const clock = jest.spyOn(performance, "now").mockImplementation(() => now);
    const ask = (after: number): Promise<unknown> => {
      now += after;
      return withoutRetries(() => cluster.call(get("/mine"))).catch((error: { status: number }) => error.status);
    };
    handle = () => 403;
    // Two starts, a minute apart.
    for (const after of [0, 8_000, 60_000, 8_000, 8_000, 8_000]) expect(await ask(after)).toBe(503);
    expect(await ask(8_000)).toBe(403);
    seen = [];
    expect(await ask(60_000)).toBe(403);
    expect(asked()).toEqual(["/mine"]);
    clock.mockRestore();
  });

  test("whatever is in front and does not let /readyz through, and admission, are believed", async () => {
    const cluster = await Cluster.connect({ kubeconfig: kubeconfig({ token: "t" }, "in front") });
    handle = ({ url: path }) => (path === "/readyz" ? 404 : 403);
    await expect(cluster.call(get("/not-mine"))).rejects.toThrow(/not allowed to get/);
    handle = () => "forbidden by admission";
    seen = [];
    await expect(cluster.call(get("/refused"))).rejects.toThrow(/quota/);
    expect(asked()).toEqual(["/refused"]);
  });
});

test("one bad answer ends no request: it is asked again, with the wait said", async () => {
  const cluster = await Cluster.connect({ kubeconfig: kubeconfig({ token: "t" }, "again") });
  const said: string[] = [];
  for (const bad of [429, 500, 502, 503, 504, "hang up"] as const) {
    let left = 1;
    handle = () => (left-- > 0 ? bad : 200);
    seen = [];
    await withRetries({ report: (message) => void said.push(message) }, () =>
      cluster.call({ method: "PATCH", path: "/x", body: {} }),
    );
    expect(seen).toHaveLength(2);
  }
  expect(said).toHaveLength(6);
  for (const line of said) expect(line).toMatch(/; asking again \(\d+ s\)$/);
});

test("an answer that breaks off is no answer: the request is asked again, pinned or not, and holds no place in the budget", async () => {
  const cluster = await Cluster.connect({ kubeconfig: kubeconfig({ token: "t" }, "breaks off") });
  for (let each = 0; each < 60; each++) {
    seen = [];
    handle = () => (seen.length === 1 ? "break off" : 200);
    await cluster.call(get("/x"));
    expect(seen).toHaveLength(2);
  }
  handle = () => "break off";
  const pinned = cluster.pin();
  await expect(pinned.call(get("/x"))).rejects.toThrow(/aborted|ECONNRESET|unreachable/);
  expect(pinned.closed).toBe(true);
});

test("a server that falls silent in the middle of an answer is waited for as long as told, or until an abort", async () => {
  const cluster = await Cluster.connect({ kubeconfig: kubeconfig({ token: "t" }, "falls silent") });
  handle = () => "fall silent";
  const late = withoutRetries(() => cluster.call({ ...get("/x"), timeoutSeconds: 1 }));
  await expect(late).rejects.toThrow(/no answer within 1 s/);
  const abort = new AbortController();
  const aborted = cluster.call({ ...get("/x"), signal: abort.signal });
  setTimeout(() => abort.abort(new Error("enough")), 200);
  await expect(aborted).rejects.toThrow("enough");
});

test("a request that waits for its connection ends in time as well, by the time-out and by an abort", async () => {
  const cluster = await Cluster.connect({ kubeconfig: kubeconfig({ token: "t" }, "queues") });
  const { credentials } = cluster["session"] as unknown as { credentials: Credentials };
  const applied = await credentials.current();
  const agent = credentials.singleAgent(applied);
  const outgoing = { base: new URL(url), method: "GET", path: "/x", headers: {}, credentials: applied, agent };
  handle = () => "fall silent";
  const first = exchangeOverTransport({ ...outgoing, timeoutSeconds: 3 }).catch(() => "ended");
  const abort = new AbortController();
  const aborted = exchangeOverTransport({ ...outgoing, timeoutSeconds: 60, signal: abort.signal });
  setTimeout(() => abort.abort(new Error("enough")), 200);
  await expect(aborted).rejects.toThrow("enough");
  await expect(exchangeOverTransport({ ...outgoing, timeoutSeconds: 0.5 })).rejects.toThrow(/no answer within 0.5 s/);
  expect(await Promise.race([first, Promise.resolve("under way")])).toBe("under way");
  await first;
  agent.destroy();
});

test("an answer of more than 128 MiB is cut off and is an error, where Node.js would end the process", async () => {
  const cluster = await Cluster.connect({ kubeconfig: kubeconfig({ token: "t" }, "large") });
  handle = () => "large";
  seen = [];
  await expect(cluster.call(get("/large"))).rejects.toThrow(/the answer has more than 134,217,728 bytes/);
  expect(seen).toHaveLength(1);
});

test("an error that stays says which server was asked, how often and for how long", async () => {
  const cluster = await Cluster.connect({ kubeconfig: kubeconfig({ token: "t" }, "often") });
  handle = () => 500;
  await expect(cluster.call(get("/x"))).rejects.toThrow(
    new RegExp(`\\(500\\); asked ${url.replace(/\./g, "\\.")} 3 times in \\d s$`),
  );
  handle = () => 504;
  seen = [];
  const asked = withRetries({ seconds: 1 }, () => cluster.call(get("/x")));
  await expect(asked).rejects.toThrow(/504.*; asked .* \d times in \d s$/);
  await expect(withoutRetries(() => cluster.call(get("/y")))).rejects.not.toThrow(/asked/);
  expect(seen.filter(({ path }) => path === "/y")).toHaveLength(1);
});

test("a refusal after a lost answer says that the first try may have landed; after a plain one it does not", async () => {
  const cluster = await Cluster.connect({ kubeconfig: kubeconfig({ token: "t" }, "landed") });
  const refusedAfter = async (bad: number | "hang up"): Promise<unknown> => {
    let left = 1;
    handle = () => (left-- > 0 ? bad : 409);
    return cluster.call({ method: "PATCH", path: "/x", body: {} }).catch((error: unknown) => error);
  };
  expect(await refusedAfter("hang up")).toMatchObject({ status: 409, mayHaveLanded: true });
  expect(await refusedAfter(504)).toMatchObject({ status: 409, mayHaveLanded: true });
  expect(await refusedAfter(429)).toMatchObject({ status: 409, mayHaveLanded: false });
  expect(await refusedAfter(409)).toMatchObject({ status: 409, mayHaveLanded: false });
});

test("a create under a generated name is not sent twice, unless the first was surely not done", async () => {
  const cluster = await Cluster.connect({ kubeconfig: kubeconfig({ token: "t" }, "generated") });
  const create = { method: "POST", path: "/create", body: { metadata: { generateName: "a-" } } } as const;
  for (const [bad, sent] of [
    ["hang up", 1],
    [504, 1],
    [429, 2],
  ] as const) {
    let left = 1;
    handle = () => (left-- > 0 ? bad : 200);
    seen = [];
    await cluster.call(create).catch(() => undefined);
    expect(seen).toHaveLength(sent);
  }
});

test("an abort ends the wait for the next try", async () => {
  const cluster = await Cluster.connect({ kubeconfig: kubeconfig({ token: "t" }, "abort wait") });
  handle = () => 503;
  const abort = new AbortController();
  const call = withRetries({ signal: abort.signal }, () => cluster.call(get("/x")));
  setTimeout(() => abort.abort(new Error("lost the lock")), 5);
  await expect(call).rejects.toThrow("lost the lock");
});

test("a pinned connection keeps to one socket and does not outlive it", async () => {
  const cluster = await Cluster.connect({ kubeconfig: kubeconfig({ token: "t" }, "pinned") });
  seen = [];
  const pinned = cluster.pin();
  await Promise.all([pinned.call(get("/1")), pinned.call(get("/2")), pinned.call(get("/3"))]);
  const other = cluster.pin();
  await other.call(get("/other"));
  expect(new Set(seen.slice(0, 3).map(({ socket }) => socket)).size).toBe(1);
  expect(seen[3]?.socket).not.toBe(seen[0]?.socket);
  handle = () => "hang up";
  await expect(pinned.call(get("/4"))).rejects.toThrow();
  handle = () => 200;
  expect(pinned.closed).toBe(true);
  await expect(pinned.call(get("/5"))).rejects.toThrow(/another one may reach another API server/);
  cluster.close();
  expect(other.closed).toBe(true);
});

test("one budget for all connections to a cluster as one user; what is urgent passes the queue", async () => {
  const reference = { kubeconfig: kubeconfig({ token: "t" }, "budget") };
  const clusters = await Promise.all([Cluster.connect(reference), Cluster.connect(reference)]);
  most = 0;
  handle = (request) => (request.url === "/urgent" ? 200 : "wait");
  held = [];
  const many = clusters.flatMap((cluster) => Array.from({ length: 100 }, (_, index) => cluster.call(get(`/${index}`))));
  await clusters[0]?.call({ ...get("/urgent"), urgent: true });
  // It was answered while nothing else was: behind the queue it would have waited for ever.
  handle = () => 200;
  for (const answer of held.splice(0)) answer();
  await Promise.all(many);
  expect(most).toBeLessThanOrEqual(49);
  expect(most).toBeGreaterThan(1);
});

test("an aborted signal ends a request that waits, with the signal's own reason", async () => {
  const cluster = await Cluster.connect({ kubeconfig: kubeconfig({ token: "t" }, "abort") });
  handle = () => "wait";
  const abort = new AbortController();
  const call = cluster.call({ ...get("/"), signal: abort.signal });
  setTimeout(() => abort.abort(new Error("lost the lock")), 5);
  await expect(call).rejects.toThrow("lost the lock");
});

test("a server below a path, as Rancher has it", async () => {
  const cluster = await Cluster.connect({ kubeconfig: kubeconfig({ token: "t" }, "path", "/k8s/clusters/c-1/") });
  await cluster.call({ ...get("/api/v1/pods"), query: { limit: 1, continue: undefined, labelSelector: "a=b" } });
  expect(seen.at(-1)?.path).toBe("/k8s/clusters/c-1/api/v1/pods?limit=1&labelSelector=a%3Db");
});
