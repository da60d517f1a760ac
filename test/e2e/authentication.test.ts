import fs from "fs";
import * as os from "os";
import * as path from "path";
import { Cluster } from "../../components/kubernetes/cluster";
import type { Caller } from "../../components/kubernetes/api";
import { findApiServers } from "../../components/kubernetes/apiServers";
import { makeAuthority, type Certificate } from "../../local/certificates";
import { convert } from "./looseWebhook";
import { clientCertificate, execCredential, kubeconfig, replaceFile, shortToken, writePlugin } from "./credentials";
import { startWorld, type World } from "./harness";
import { createObjects, definitionPath, group, manifest, plural, resource } from "./selfies";

jest.setTimeout(300_000);

interface UserInfo {
  username: string;
  groups: string[];
  extra?: Record<string, string[]>;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const account = "system:serviceaccount:kube-system:pipeline";
const admin = { name: "certified", group: "system:masters" };

/** They are renewed each second: a machine that stands still for less than this fails nothing. */
const LIFE_SECONDS = 8;

/** Every way in which kubectl authenticates, against a real API server, which says whom it takes us for. */
describe("whoever kubectl would be, we are", () => {
  let world: World;
  let authority: Certificate;
  let dir: string;
  let token: string;

  const content = (user: object, more?: Parameters<typeof kubeconfig>[2]): string =>
    kubeconfig(world.cluster, user, more);
  const written = (name: string, user: object, more?: Parameters<typeof kubeconfig>[2]): string => {
    const folder = fs.mkdtempSync(path.join(dir, `${name}-`));
    fs.writeFileSync(path.join(folder, "config"), content(user, more), { mode: 0o600 });
    return path.join(folder, "config");
  };
  const beside = (config: string, name: string): string => path.join(path.dirname(config), name);

  beforeAll(async () => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), "storage-migration-authentication-"));
    authority = await makeAuthority("clients");
    fs.writeFileSync(path.join(dir, "clients.crt"), authority.cert);
    const apiServerFlags = [`--client-ca-file=${path.join(dir, "clients.crt")}`];
    world = await startWorld([resource], { controllerManager: false, apiServerFlags });
    const parsed = JSON.parse(fs.readFileSync(world.kubeconfig, "utf8")) as { users: { user: { token: string } }[] };
    token = parsed.users[0]?.user.token ?? "";
  });
  afterAll(async () => {
    await world.end();
    fs.rmSync(dir, { recursive: true, force: true });
  });

  describe("one time", () => {
    test("a token; a token file with a newline, beside the kubeconfig, before a token that is there as well", async () => {
      expect(await user({ kubeconfig: content({ token }) })).toMatchObject({ username: account });
      const config = written("token-file", { token: "stale", tokenFile: "token" });
      fs.writeFileSync(beside(config, "token"), `${token}\n`);
      expect(await user({ kubeconfig: config })).toMatchObject({ username: account });
    });

    test("a client certificate, as data and as files beside the kubeconfig", async () => {
      const { cert, key } = await clientCertificate(authority, { name: "certified", group: "platform" }, 60);
      const data = { "client-certificate-data": base64(cert), "client-key-data": base64(key) };
      const config = written("certificate", { "client-certificate": "me.crt", "client-key": "me.key" });
      fs.writeFileSync(beside(config, "me.crt"), cert);
      fs.writeFileSync(beside(config, "me.key"), key);
      for (const reference of [content(data), config]) {
        const { username, groups } = await user({ kubeconfig: reference });
        expect([username, groups]).toEqual(["certified", expect.arrayContaining(["platform"])]);
      }
    });

    test("a credential plugin: its path, env and cluster info as client-go has them; its token, its certificate", async () => {
      const apiVersion = "client.authentication.k8s.io/v1";
      const env = [{ name: "PLUGIN_SAYS", value: "hello" }];
      const exec = {
        apiVersion,
        command: "./plugin.sh",
        env,
        interactiveMode: "IfAvailable",
        provideClusterInfo: true,
      };
      const extensions = [{ name: "client.authentication.k8s.io/exec", extension: { audience: "prod" } }];
      const config = written("plugin", { exec }, { cluster: { extensions } });
      const { credential, told } = writePlugin(path.dirname(config));
      replaceFile(credential, execCredential({ token }));
      expect(await user({ kubeconfig: config })).toMatchObject({ username: account });
      const { server, ca } = world.cluster.client.endpoint;
      expect(JSON.parse(fs.readFileSync(told, "utf8"))).toEqual({
        apiVersion,
        kind: "ExecCredential",
        spec: {
          cluster: { server, "certificate-authority-data": base64(ca), config: { audience: "prod" } },
          interactive: false,
        },
      });

      const other = written("plugin-certificate", {
        exec: { apiVersion, command: "./plugin.sh", interactiveMode: "Never" },
      });
      const { cert, key } = await clientCertificate(authority, { name: "by-plugin" }, 60);
      const plugin = writePlugin(path.dirname(other));
      replaceFile(plugin.credential, execCredential({ clientCertificateData: cert, clientKeyData: key }));
      expect(await user({ kubeconfig: other })).toMatchObject({ username: "by-plugin" });
    });

    test("a plugin that wants a terminal, one that is not installed, and one that fails: named, with what to do", async () => {
      const exec = { apiVersion: "client.authentication.k8s.io/v1", interactiveMode: "Never" };
      const refused = (more: object): Promise<UserInfo> =>
        user({ kubeconfig: content({ exec: { ...exec, ...more } }) });
      await expect(refused({ command: "login", interactiveMode: "Always" })).rejects.toThrow(
        /credential plugin login has interactiveMode: Always.*set interactiveMode to IfAvailable/s,
      );
      await expect(refused({ command: "no-such-plugin" })).rejects.toThrow(/no-such-plugin is not installed here/);
      await expect(refused({ command: "/bin/sh", args: ["-c", "echo secret >&2; exit 1"] })).rejects.toThrow(
        /^context x: credential plugin \/bin\/sh failed\n {2}expected: +an ExecCredential\n {2}next: +see what it says: [^;]*$/,
      );
    });

    test("impersonation: user, groups and extra", async () => {
      const extra = { "example.com/Reason": ["audit"] };
      const impersonator = { token: world.cluster.client.endpoint.token, as: "jane", "as-groups": ["a", "b"] };
      const found = await user({ kubeconfig: content({ ...impersonator, "as-user-extra": extra }) });
      expect(found).toMatchObject({ username: "jane", groups: ["a", "b", "system:authenticated"] });
      expect(found.extra).toMatchObject({ "example.com/reason": ["audit"] });
      await expect(user({ kubeconfig: content({ token, "as-groups": ["a"] }) })).rejects.toThrow(
        /as-groups.*without as/,
      );
    });

    test("the service account of the pod it runs in", async () => {
      const folder = fs.mkdtempSync(path.join(dir, "pod-"));
      fs.writeFileSync(path.join(folder, "token"), token);
      fs.writeFileSync(path.join(folder, "ca.crt"), world.cluster.client.endpoint.ca);
      const { hostname, port } = new URL(world.cluster.server);
      const before = { ...process.env };
      Object.assign(process.env, { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port, HOME: folder });
      delete process.env["KUBECONFIG"];
      const spies = mountedAt("/var/run/secrets/kubernetes.io/serviceaccount", folder);
      try {
        expect(await user({})).toMatchObject({ username: account });
      } finally {
        for (const spy of spies) spy.mockRestore();
        process.env = before;
      }
    });

    test("tls-server-name, and insecure-skip-tls-verify where the user has chosen it", async () => {
      const named = (name: string): string => content({ token }, { cluster: { "tls-server-name": name } });
      expect(await user({ kubeconfig: named("localhost") })).toMatchObject({ username: account });
      await expect(user({ kubeconfig: named("elsewhere") })).rejects.toThrow(/its certificate is for another name/);
      const blind = { withoutAuthority: true };
      await expect(user({ kubeconfig: content({ token }, blind) })).rejects.toThrow(
        /not signed by the kubeconfig's authority/,
      );
      const skip = { ...blind, cluster: { "insecure-skip-tls-verify": true } };
      expect(await user({ kubeconfig: content({ token }, skip) })).toMatchObject({ username: account });
    });
  });

  test("what expires is renewed and the request sent again, for each way; what cannot be renewed says so", async () => {
    const files = written("files", { "client-certificate": "me.crt", "client-key": "me.key" });
    const tokenFile = written("token-file", { tokenFile: "token" });
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "./plugin.sh", interactiveMode: "Never" };
    const tokens = written("plugin-token", { exec });
    const certificates = written("plugin-certificate", { exec });
    const plugins = [tokens, certificates].map((config) => writePlugin(path.dirname(config)).credential);
    const renewAll = async (): Promise<void> => {
      const { cert, key } = await clientCertificate(authority, admin, LIFE_SECONDS);
      const brief = await shortToken(world.cluster, "pipeline", LIFE_SECONDS);
      replaceFile(beside(files, "me.key"), key); // a pair read half way fits again 5 s later, or after the 401
      replaceFile(beside(files, "me.crt"), cert);
      replaceFile(beside(tokenFile, "token"), brief);
      replaceFile(plugins[0] ?? "", execCredential({ token: brief }));
      replaceFile(plugins[1] ?? "", execCredential({ clientCertificateData: cert, clientKeyData: key }));
    };
    await renewAll();
    const fixed = await Cluster.connect({
      kubeconfig: content({ token: await shortToken(world.cluster, "pipeline", LIFE_SECONDS) }),
    });
    let renewing = true;
    const renewal = (async () => {
      while (renewing) {
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        await renewAll();
      }
    })();

    try {
      // The API server takes a token's word for ten seconds after it has checked it.
      const until = Date.now() + (LIFE_SECONDS + 13) * 1_000;
      const seen = await Promise.all(
        [tokenFile, tokens, files, certificates].map((config) => credentialsSeen(config, until)),
      );
      for (const ids of seen) expect(ids.size).toBeGreaterThanOrEqual(2);
      await expect(whoAmI(fixed)).rejects.toThrow(
        /does not accept the credentials \(401\), nor those that were read again.*run `pulumi up` again/s,
      );
    } finally {
      renewing = false;
      await renewal;
    }
  });

  test("credentials of seconds carry a whole rollout; when they cannot be renewed it stops, and the next up goes on", async () => {
    const { client } = world.cluster;
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "./plugin.sh", interactiveMode: "Never" };
    const config = written("rollout", { exec });
    const { credential } = writePlugin(path.dirname(config));
    let mayRenew = true;
    const renew = async (): Promise<void> => {
      const { cert, key } = await clientCertificate(authority, admin, LIFE_SECONDS);
      if (mayRenew) replaceFile(credential, execCredential({ clientCertificateData: cert, clientKeyData: key }));
    };
    await renew();
    const timer = setInterval(() => void renew(), 1_000);
    try {
      const stack = await world.stack("authentication");
      const v1 = { file: manifest("v1"), kubeconfig: config, migrator: "direct" } as const;
      // Given as content it is in the state, where nobody can read it.
      await stack.up({ ...v1, kubeconfig: content({ token }) });
      const state = filesBelow(path.join(world.cluster.dir, "..", "state"));
      expect(state.some((text) => text.includes(definitionPath.split("/").at(-1) ?? ""))).toBe(true);
      expect(state.filter((text) => text.includes(token))).toEqual([]);
      await createObjects(client, 12);
      const webhook = await world.webhook({
        convert: (object, to) => {
          const { name = "" } = (object as { metadata: { name?: string } }).metadata;
          if (name.startsWith("old-") && mayRenew && breaks) {
            mayRenew = false;
            fs.rmSync(credential);
          }
          return convert(object, to);
        },
      });
      let breaks = true;
      const moving = { ...v1, file: manifest("v1-v2"), conversion: { url: webhook.url, caBundle: webhook.caBundle } };
      const message = await stack.refused(stack.up(moving));
      expect(message).toMatch(/credential plugin .*plugin\.sh failed\s+expected: +an ExecCredential/);
      expect(
        ((await client.get(definitionPath)) as { status: { storedVersions: string[] } }).status.storedVersions,
      ).toContain("v1");

      breaks = false;
      mayRenew = true;
      await renew();
      const { outputs } = await stack.up(moving);
      expect(outputs["storedVersions"]).toEqual(["v2"]);
      expect(new Set(Object.values(await world.stored(group, plural)))).toEqual(new Set([`${group}/v2`]));
    } finally {
      clearInterval(timer);
    }
  });
});

async function user(reference: { kubeconfig?: string }): Promise<UserInfo> {
  const cluster = await Cluster.connect(reference);
  try {
    return await whoAmI(cluster);
  } finally {
    cluster.close();
  }
}

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#self-subject-review */
async function whoAmI(caller: Caller): Promise<UserInfo> {
  const { status } = await caller.call<{ status: { userInfo: UserInfo } }>({
    method: "POST",
    path: "/apis/authentication.k8s.io/v1/selfsubjectreviews",
    body: { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" },
  });
  return status.userInfo;
}

/** Asks all the time, through the pool and through a connection to one API server. @returns the credentials' ids */
async function credentialsSeen(config: string, until: number): Promise<Set<string>> {
  const ids = new Set<string>();
  const cluster = await Cluster.connect({ kubeconfig: config });
  const servers = await findApiServers(cluster);
  const [server] = servers.servers;
  while (Date.now() < until) {
    for (const caller of [cluster, server as Caller]) {
      const [id = ""] = (await whoAmI(caller)).extra?.["authentication.kubernetes.io/credential-id"] ?? [];
      ids.add(id);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  servers.close();
  cluster.close();
  return ids;
}

function filesBelow(folder: string): string[] {
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => fs.readFileSync(path.join(entry.parentPath, entry.name), "utf8"));
}

/** Files below `place` are those in `folder`, as a pod's mount would have it. */
function mountedAt(place: string, folder: string): jest.SpyInstance[] {
  const moved = (file: unknown): unknown =>
    typeof file === "string" && file.startsWith(place) ? path.join(folder, file.slice(place.length)) : file;
  const { readFileSync, existsSync } = fs;
  return [
    jest
      .spyOn(fs, "readFileSync")
      .mockImplementation(((file: unknown, ...rest: unknown[]) =>
        (readFileSync as (...all: unknown[]) => unknown)(moved(file), ...rest)) as never),
    jest.spyOn(fs, "existsSync").mockImplementation((file: unknown) => existsSync(moved(file) as string)),
  ];
}
