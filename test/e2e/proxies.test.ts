import * as fs from "fs";
import { Cluster } from "../../components/kubernetes/cluster";
import { findApiServers } from "../../components/kubernetes/apiServers";
import type { Caller } from "../../components/kubernetes/api";
import { checkout } from "../../local/checkout";
import { makeAuthority, makeServerCertificate, type Certificate } from "../../local/certificates";
import { kubeconfig } from "./credentials";
import { startWorld, type World } from "./harness";
import { startHttpProxy, startSocksProxy, type Locate, type Proxy } from "./proxies";

jest.setTimeout(120_000);

/** Nobody but a proxy knows where that is: RFC 6761 keeps `invalid` for no one. */
const ONLY_BEHIND = "api.cluster.invalid";
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const reviews = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

/** As kubectl does with a kubeconfig's `proxy-url`: docs/cluster.md. */
describe("through a proxy", () => {
  let world: World;
  let authority: Certificate;
  let certificate: Certificate;
  let token: string;
  let proxy: Proxy;

  beforeAll(async () => {
    world = await startWorld([{ group: "example.com", plural: "databases" }], { controllerManager: false });
    authority = await makeAuthority("proxies");
    certificate = await makeServerCertificate(authority, "proxy");
    const parsed = JSON.parse(fs.readFileSync(world.kubeconfig, "utf8")) as { users: { user: { token: string } }[] };
    token = parsed.users[0]?.user.token ?? "";
  });
  afterAll(() => world.end());
  afterEach(() => proxy.close());

  const behind: Locate = (host, port) => {
    const { hostname, port: real } = new URL(world.cluster.server);
    return host === ONLY_BEHIND ? { host: hostname, port: Number(real) } : { host, port };
  };
  const start = {
    http: () => startHttpProxy(behind),
    https: () => startHttpProxy(behind, certificate),
    socks5: () => startSocksProxy(behind),
  };
  /** Both authorities in one file, as client-go wants it where the proxy speaks TLS. */
  const content = (more: object = {}): string =>
    kubeconfig(
      world.cluster,
      { token },
      {
        cluster: {
          server: `https://${ONLY_BEHIND}:6443`,
          "tls-server-name": "localhost",
          "certificate-authority-data": base64(`${world.cluster.client.endpoint.ca}\n${authority.cert}`),
          "proxy-url": proxy.url,
          ...more,
        },
      },
    );
  const refused = async (more: object): Promise<string> => {
    const outcome = await Cluster.connect({ kubeconfig: content(more) }).catch((error: Error) => error.message);
    if (typeof outcome !== "string") throw new Error("connected; expected it to be refused");
    return outcome;
  };

  describe.each(["http", "https", "socks5"] as const)("that speaks %s", (kind) => {
    beforeEach(async () => {
      proxy = await start[kind]();
    });

    test("every request reaches an API server that only the proxy can find, and each pinned connection has a tunnel of its own", async () => {
      const cluster = await Cluster.connect({ kubeconfig: content() });
      const before = proxy.tunnels.length;
      const pinned = [cluster.pin(), cluster.pin()];
      for (const connection of [cluster, ...pinned]) expect(await whoAmI(connection)).toMatch(/:pipeline$/);
      expect(proxy.tunnels.length - before).toBe(2);
      pinned[0]?.close();
      expect(await whoAmI(pinned[1] as Caller)).toMatch(/:pipeline$/);
      const servers = await findApiServers(cluster);
      expect(servers.servers).toHaveLength(1);
      expect(new Set(proxy.tunnels)).toEqual(new Set([`${ONLY_BEHIND}:6443`]));
      servers.close();
      cluster.close();
    });

    test("the API server's own certificate counts: its authority, and its name", async () => {
      const other = (await makeAuthority("others")).cert;
      expect(await refused({ "certificate-authority-data": base64(`${other}\n${authority.cert}`) })).toMatch(
        /not signed by the kubeconfig's authority/,
      );
      expect(await refused({ "tls-server-name": "elsewhere" })).toMatch(/its certificate is for another name/);
      expect(proxy.tunnels).not.toEqual([]);
    });
  });

  test("a whole rollout goes through SOCKS, and each API server is asked over the one connection that is its own", async () => {
    proxy = await start.socks5();
    const stack = await world.stack("proxied");
    const file = (version: string): string => checkout("examples", "databases", `${version}.yaml`);
    const args = { kubeconfig: content(), migrator: "direct" } as const;
    await stack.up({ ...args, file: file("v1") });
    const spec = { databaseName: "orders", username: "app" };
    const metadata = { name: "orders" };
    const database = { apiVersion: "example.com/v1", kind: "Database", metadata, spec };
    await world.cluster.client.post("/apis/example.com/v1/namespaces/default/databases", database);
    const { outputs } = await stack.up({ ...args, file: file("v2") });
    expect(outputs).toMatchObject({ phase: "drop", storedVersions: ["v2"], objectsRewritten: 1 });
    expect(await world.stored("example.com", "databases")).toEqual({ "default/orders": "example.com/v2" });
    expect(new Set(proxy.tunnels)).toEqual(new Set([`${ONLY_BEHIND}:6443`]));
  });

  test("an https proxy whose certificate nobody vouches for is given nothing", async () => {
    proxy = await start.https();
    const onlyTheCluster = base64(world.cluster.client.endpoint.ca);
    expect(await refused({ "certificate-authority-data": onlyTheCluster })).toMatch(/certificate/);
    expect(proxy.tunnels).toEqual([]);
  });

  test("one that HTTPS_PROXY names is not used: only the kubeconfig says where requests go", async () => {
    proxy = await start.http();
    const before = { ...process.env };
    Object.assign(process.env, { HTTPS_PROXY: proxy.url, https_proxy: proxy.url, NO_PROXY: "", no_proxy: "" });
    try {
      const direct = { server: world.cluster.server, "proxy-url": undefined };
      const cluster = await Cluster.connect({ kubeconfig: content(direct) });
      expect(await whoAmI(cluster)).toMatch(/:pipeline$/);
      cluster.close();
    } finally {
      process.env = before;
    }
    expect(proxy.tunnels).toEqual([]);
  });
});

async function whoAmI(caller: Caller): Promise<string> {
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  const { status } = await caller.call<{ status: { userInfo: { username: string } } }>({
    method: "POST",
    path: reviews,
    body,
  });
  return status.userInfo.username;
}
