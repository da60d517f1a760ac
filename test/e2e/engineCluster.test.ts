import * as fs from "fs";
import * as net from "net";
import * as path from "path";
import { findApiServers } from "../../components/kubernetes/apiServers";
import { Cluster } from "../../components/kubernetes/cluster";
import { withLock } from "../../components/kubernetes/lock";
import { type Bench, startBench } from "./engine";

jest.setTimeout(180_000);

let bench: Bench;
let admin: string;
beforeAll(async () => {
  bench = await startBench("engine-cluster", { controllerManager: false });
  admin = fs.readFileSync(bench.local.kubeconfig, "utf8");
});
afterAll(() => bench.end());

const leases = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";
const identityLease = async () =>
  (await bench.local.client.get(`${leases}?labelSelector=apiserver.kubernetes.io/identity=kube-apiserver`)).items[0];
const ready = { method: "GET", path: "/api" } as const;

describe("connecting", () => {
  const failing: [string, () => { kubeconfig?: string; context?: string }, RegExp][] = [
    [
      "nothing listens",
      () => ({ kubeconfig: admin.replace(bench.local.server, "https://127.0.0.1:1") }),
      /cluster unreachable: https:\/\/127.0.0.1:1 .*ECONNREFUSED.*expected: +a kube-apiserver/s,
    ],
    [
      "no such context",
      () => ({ kubeconfig: bench.local.kubeconfig, context: "prod" }),
      /no context prod in kubeconfig \/.*\n +expected: one of its contexts: /,
    ],
    [
      "no such file",
      () => ({ kubeconfig: "/nowhere/config" }),
      /kubeconfig \/nowhere\/config: cannot be read \(ENOENT\)/,
    ],
    ["no kubeconfig at all", () => ({ kubeconfig: "clusters: {\n" }), /not a kubeconfig\n {2}expected: +YAML or JSON/],
    [
      "a token that is none",
      () => ({ kubeconfig: withUser({ token: "made-up-token" }) }),
      /does not accept the credentials \(401\)/,
    ],
  ];
  test.each(failing)("%s: an error that names it", async (_, reference, expected) => {
    const error = await Cluster.connect(reference()).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error?.message).toMatch(expected);
    expect(error?.message).not.toMatch(/made-up-token/);
  });

  test("a server that accepts and says nothing: five seconds", async () => {
    const mute = net.createServer(() => undefined).listen(0, "127.0.0.1");
    await new Promise((resolve) => mute.once("listening", resolve));
    const { port } = mute.address() as net.AddressInfo;
    const connecting = Cluster.connect({ kubeconfig: admin.replace(bench.local.server, `https://127.0.0.1:${port}`) });
    await expect(connecting).rejects.toThrow(/cluster unreachable.*(NO_CONNECTION|TIMEOUT).*within 5 s/);
    mute.close();
  });

  test("a missing right names the verb, the resource and the rule that grants it", async () => {
    const limited = await Cluster.connect({ kubeconfig: await bench.local.userKubeconfig("nobody", []) });
    await expect(limited.call({ method: "GET", path: "/api/v1/namespaces/default/secrets" })).rejects.toThrow(
      /not allowed to list secrets in namespace default.*grant this user the rule \{apiGroups: \[""\], resources: \["secrets"\], verbs: \["list"\]\}/s,
    );
  });
});

describe("credentials", () => {
  test("a token file, which client-node does not know by kubectl's name for it", async () => {
    const file = path.join(bench.local.dir, "token");
    fs.writeFileSync(file, tokenOf(admin));
    const cluster = await Cluster.connect({ kubeconfig: withUser({ tokenFile: file }) });
    await cluster.call(ready);
  });

  test("an exec plugin is run once for many connections; one that fails is named", async () => {
    const runs = path.join(bench.local.dir, "runs");
    const plugin = path.join(bench.local.dir, "plugin.sh");
    const credential = {
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      status: { token: "TOKEN" },
    };
    const answer = JSON.stringify(credential).replace("TOKEN", "$TOKEN");
    fs.writeFileSync(
      plugin,
      `#!/bin/sh\n[ -n "$KUBERNETES_EXEC_INFO" ] || exit 3\necho run >> ${runs}\nTOKEN=$(cat ${runs}.token)\ncat <<END\n${answer}\nEND\n`,
      { mode: 0o755 },
    );
    fs.writeFileSync(`${runs}.token`, tokenOf(admin));
    const kubeconfig = withUser({
      exec: { apiVersion: "client.authentication.k8s.io/v1", interactiveMode: "Never", command: plugin },
    });
    const clusters = await Promise.all([1, 2, 3].map(() => Cluster.connect({ kubeconfig })));
    await Promise.all(clusters.map((cluster) => cluster.call(ready)));
    expect(fs.readFileSync(runs, "utf8").trim().split("\n")).toHaveLength(1);
    const broken = await Cluster.connect({ kubeconfig: kubeconfig.replace(plugin, "/nowhere/plugin") }).catch(
      (e: Error) => e,
    );
    expect((broken as Error).message).toMatch(
      /credential plugin \/nowhere\/plugin is not installed here\n {2}expected: +an ExecCredential/,
    );
  });
});

describe("the API servers", () => {
  test("one, by its Lease and its address; alive waits for the Lease to move", async () => {
    const servers = await findApiServers(bench.cluster);
    const [found] = servers.identities; // as listed first: it may have been renewed while the addresses were looked for
    expect(servers.distinct).toBe(true);
    expect(servers.servers.map(({ address }) => address)).toEqual([new URL(bench.local.server).host]);
    await servers.alive(bench.work);
    expect((await identityLease()).metadata.resourceVersion).not.toBe(found?.resourceVersion);
    servers.close();
  });

  test("many ask at once: one look at the control plane for all, from after each of them asked", async () => {
    const called = jest.spyOn(bench.cluster, "pin");
    const first = await Promise.all(Array.from({ length: 20 }, () => findApiServers(bench.cluster)));
    const connections = called.mock.calls.length;
    expect(connections).toBeLessThan(20);
    const next = await findApiServers(bench.cluster);
    expect(called.mock.calls.length).toBe(2 * connections);
    called.mockRestore();
    for (const servers of [...first, next]) servers.close();
  });

  test("a pinned connection that the server ended is replaced, and its successor asked who it is", async () => {
    const servers = await findApiServers(bench.cluster);
    const before = await servers.servers[0]?.call(ready);
    await bench.local.restartApiServer();
    const after = await findApiServers(bench.cluster);
    expect(await servers.servers[0]?.call(ready)).toEqual(before);
    // A restart in between is seen, though address and host are the same.
    expect(servers.sameAs(after)).toBe(false);
    servers.close();
    after.close();
  });

  test("a Lease of a server that is not there holds, names the host, and yields to `decommissionedServers`", async () => {
    await bench.local.client.post(leases, {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: {
        name: "apiserver-paused",
        namespace: "kube-system",
        labels: { "apiserver.kubernetes.io/identity": "kube-apiserver", "kubernetes.io/hostname": "cp-9" },
      },
      spec: { holderIdentity: "apiserver-paused_x", leaseDurationSeconds: 3600 },
    });
    await expect(findApiServers(bench.cluster)).rejects.toThrow(
      /API server on cp-9: its identity Lease .* has not moved for 4\d s.*decommissionedServers: \["cp-9"\]/s,
    );
    const without = await findApiServers(bench.cluster, { decommissioned: ["cp-9"] });
    expect(without.distinct).toBe(true);
    await without.alive(bench.work);
    without.close();
    await bench.local.client.delete(`${leases}/apiserver-paused`);
  });

  test("more servers than Leases: it holds", async () => {
    const { host } = new URL(bench.local.server);
    const { metadata } = await identityLease();
    const hostname = metadata.labels["kubernetes.io/hostname"] as string;
    await expect(findApiServers(bench.cluster, { decommissioned: [hostname] })).rejects.toThrow(
      `1 API servers answer (${host}), found 0 identity Leases in kube-system (none), without ${hostname}, declared decommissioned`,
    );
  });

  test("Leases that may not be read: indistinct, and says what is missing", async () => {
    const kubeconfig = await bench.local.userKubeconfig("blind", []);
    const servers = await findApiServers(await Cluster.connect({ kubeconfig }));
    expect(servers).toMatchObject({ distinct: false });
    expect(servers.missingEvidence[0]).toMatch(/may not be listed/);
    servers.close();
  });
});

describe("the lock of a CRD", () => {
  const lease = (crd: string) => bench.local.client.get(`${leases}/storage-migration-${crd}`);

  test("one at a time: the other is told who holds it", async () => {
    const said: string[] = [];
    await withLock(
      bench.cluster,
      "a.example.com",
      "stack one",
      () => undefined,
      async () => {
        const second = withLock(
          bench.cluster,
          "a.example.com",
          "stack two",
          (m) => void said.push(m),
          () => Promise.resolve(),
        );
        await expect(second).rejects.toThrow(
          /another rollout of a.example.com is running: stack one holds its lock since .* \(0 min\)/,
        );
      },
    );
    expect(said[0]).toMatch(/waiting 15 s for a sign of life of stack one, who holds the lock of a.example.com/);
    expect((await lease("a.example.com")).spec.holderIdentity).toBe("");
  });

  test("two CRDs do not wait for each other, and a released lock is free: nobody says that it waits", async () => {
    const said: string[] = [];
    const report = (message: string): void => void said.push(message);
    await withLock(bench.cluster, "a.example.com", "one", report, () =>
      withLock(bench.cluster, "b.example.com", "two", report, () => Promise.resolve()),
    );
    expect(said).toEqual([]);
  });

  test("a dead holder's lock is taken over once its lease has expired, and no sooner, whatever the dead one's clock said", async () => {
    const hour = 3_600_000;
    const clocks: [string, number][] = [
      ["c1.example.com", Date.now()],
      ["c2.example.com", Date.now() + 24 * 365 * hour],
      ["c3.example.com", Date.now() - hour],
    ];
    const takeOver = async ([crd, renewedAt]: [string, number]): Promise<void> => {
      const renewTime = new Date(renewedAt).toISOString().replace("Z", "000Z");
      const dead: RecordedLease = await bench.local.client.post(leases, {
        ...{ apiVersion: "coordination.k8s.io/v1", kind: "Lease" },
        metadata: { name: `storage-migration-${crd}`, namespace: "kube-system" },
        spec: { holderIdentity: "killed 0badc0de", leaseDurationSeconds: 15, acquireTime: renewTime, renewTime },
      });
      const said: string[] = [];
      const report = (message: string): void => void said.push(message);
      const heir = await withLock(bench.cluster, crd, "heir", report, (): Promise<RecordedLease> => lease(crd));
      expect(said[0]).toMatch(/waiting 15 s for a sign of life of killed/);
      expect(heir.metadata.uid).toBe(dead.metadata.uid);
      expect(heir.spec).toMatchObject({ leaseDurationSeconds: 15, leaseTransitions: 1 });
      expect(heir.spec.holderIdentity).toMatch(/^heir /);
      // The dead one wrote when the API server says so; with a right clock, it says the same itself.
      const expired = Date.parse(dead.metadata.creationTimestamp) + dead.spec.leaseDurationSeconds * 1_000;
      expect(Date.parse(heir.spec.acquireTime)).toBeGreaterThanOrEqual(expired);
      expect(Date.parse(heir.spec.renewTime)).toBeGreaterThanOrEqual(Date.parse(heir.spec.acquireTime));
    };
    await Promise.all(clocks.map(takeOver));
    const [[right, renewedAt] = ["", 0]] = clocks;
    const { spec } = (await lease(right)) as RecordedLease;
    expect(Date.parse(spec.acquireTime)).toBeGreaterThanOrEqual(renewedAt + 15_000);
  });

  test("losing it aborts the work and rejects", async () => {
    const working = withLock(
      bench.cluster,
      "d.example.com",
      "robbed",
      () => undefined,
      async (signal) => {
        await bench.local.client.mergePatch(`${leases}/storage-migration-d.example.com`, {
          spec: { holderIdentity: "thief 12345678" },
        });
        await new Promise<void>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
      },
    );
    await expect(working).rejects.toThrow(/the lock of d.example.com is lost, so this run stops: thief took it/);
    expect((await lease("d.example.com")).spec.holderIdentity).toBe("thief 12345678");
  });

  test("no answer from the cluster: it stops before another one may start, and begins anew once there is one", async () => {
    let stopped = Infinity;
    let until = 0;
    let begun = 0;
    const work = async (signal: AbortSignal): Promise<string> => {
      if (++begun === 2) return "done";
      const { renewTime, leaseDurationSeconds } = (await lease("e.example.com")).spec;
      until = Date.parse(renewTime) + leaseDurationSeconds * 1_000;
      await bench.local.pauseApiServer();
      return new Promise((_, reject) =>
        signal.addEventListener("abort", () => {
          stopped = Date.now();
          bench.local.resumeApiServer();
          reject(signal.reason as Error);
        }),
      );
    };
    const working = withLock(bench.cluster, "e.example.com", "cut off", () => undefined, work);
    expect(await working.finally(() => bench.local.resumeApiServer())).toBe("done");
    expect(stopped).toBeLessThan(until);
    expect((await lease("e.example.com")).spec).toMatchObject({ holderIdentity: "", leaseTransitions: 2 });
  });
});

interface RecordedLease {
  metadata: { uid: string; creationTimestamp: string };
  spec: {
    holderIdentity: string;
    leaseDurationSeconds: number;
    leaseTransitions: number;
    acquireTime: string;
    renewTime: string;
  };
}

interface Kubeconfig {
  users: [{ name: string; user: { token?: string } }];
}

function tokenOf(kubeconfig: string): string {
  return (JSON.parse(kubeconfig) as Kubeconfig).users[0].user.token ?? "";
}

function withUser(user: object): string {
  const kubeconfig = JSON.parse(admin) as Kubeconfig;
  return JSON.stringify({ ...kubeconfig, users: [{ name: kubeconfig.users[0].name, user }] });
}
