import { readFileSync, statSync } from "node:fs";
import { connect } from "../../local/cluster/client";
import type { Cluster } from "../../local/cluster/cluster";
import { readEtcd } from "../../local/cluster/etcd";
import { nativeVersion } from "../../local/cluster/flags";
import { startTestCluster } from "../../local/cluster/forTests";
import { startTime } from "../../local/processes";
import { chosenVersion } from "../../local/toolchain/controlPlane";

jest.setTimeout(180_000);

let cluster: Cluster;
beforeAll(async () => (cluster = await startTestCluster("local-cluster")));
afterAll(() => cluster?.stop());

interface Config {
  users: { user: { token: string } }[];
}

const leases = async (): Promise<{ name: string; resourceVersion: string }[]> => {
  const path =
    "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases?labelSelector=apiserver.kubernetes.io%2Fidentity%3Dkube-apiserver";
  return (
    (await cluster.client.get(path)) as { items: { metadata: { name: string; resourceVersion: string } }[] }
  ).items.map(({ metadata }) => metadata);
};

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await holds().catch(() => false))) {
    if (Date.now() > deadline) throw new Error("not within a minute");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test("the API server is the asked-for release, reached over TLS that its own authority verifies", async () => {
  const { gitVersion } = (await cluster.client.get("/version")) as { gitVersion: string };
  expect(gitVersion).toMatch(new RegExp(`^v${chosenVersion([]).replace(".", "\\.")}\\.\\d+$`));
  const stranger = connect({ ...cluster.client.endpoint, ca: readFileSync(`${cluster.dir}/pki/server.crt`, "utf8") });
  await expect(stranger.send("GET", "/version")).rejects.toThrow(/certificate/);
});

test("a user holds exactly the rules it was given", async () => {
  const file = await cluster.userKubeconfig("reader", [
    { apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list"] },
  ]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const { users } = JSON.parse(readFileSync(file, "utf8")) as Config;
  const reader = connect({ ...cluster.client.endpoint, token: users[0]!.user.token });
  expect((await reader.send("GET", "/api/v1/configmaps")).status).toBe(200);
  expect((await reader.send("GET", "/api/v1/secrets")).status).toBe(403);
  expect((await reader.send("POST", "/api/v1/namespaces/default/configmaps", { metadata: { name: "x" } })).status).toBe(
    403,
  );
  reader.close();
});

test("no token => no access", async () => {
  const nobody = connect({ ...cluster.client.endpoint, token: "guessed" });
  expect((await nobody.send("GET", "/api/v1/namespaces")).status).toBe(401);
  nobody.close();
});

test("the identity Lease is there and moves about once a second", async () => {
  const [before] = await leases();
  await until(async () => (await leases())[0]!.resourceVersion !== before!.resourceVersion);
});

test("etcd is read past the API server, page by page", async () => {
  const count = 1100;
  const create = (index: number): Promise<unknown> =>
    cluster.client.post("/api/v1/namespaces/default/configmaps", { metadata: { name: `page-${index}` } });
  await Promise.all(Array.from({ length: count }, (_, index) => create(index)));
  const found = await readEtcd(cluster.etcd, "/registry/configmaps/default/page-");
  expect(new Set(found.map(({ key }) => key)).size).toBe(count);
});

test("the API server is killed => its Lease stays; restarted => the same data, address and users", async () => {
  const [before] = await leases();
  const pid = cluster.pids["kube-apiserver"]!;
  await cluster.killApiServer();
  expect(startTime(pid)).toBeUndefined();
  await expect(cluster.client.send("GET", "/version")).rejects.toThrow(/ECONNREFUSED/);
  expect((await readEtcd(cluster.etcd, "/registry/leases/kube-system/")).map(({ key }) => key)).toContain(
    `/registry/leases/kube-system/${before!.name}`,
  );
  await cluster.restartApiServer();
  expect((await cluster.client.send("GET", "/api/v1/namespaces/default/configmaps/page-0")).status).toBe(200);
});

test("the API server is paused => no answer; resumed => it answers", async () => {
  await cluster.pauseApiServer();
  const asked = cluster.client.get("/version");
  const first = await Promise.race([
    asked.then(() => "answered"),
    new Promise((resolve) => setTimeout(() => resolve("silent"), 1500)),
  ]).finally(() => cluster.resumeApiServer());
  expect(first).toBe("silent");
  await asked;
});

test("restarted without the StorageVersionMigration API => it is not served", async () => {
  const group = "/apis/storagemigration.k8s.io";
  expect((await cluster.client.send("GET", group)).status).toBe(200);
  await cluster.restartApiServer([
    `--runtime-config=storagemigration.k8s.io/${nativeVersion[chosenVersion([])]}=false`,
  ]);
  expect((await cluster.client.send("GET", group)).status).toBe(404);
});

test("stopped => no process of it is left", async () => {
  const pids = Object.values(cluster.pids);
  expect(pids).toHaveLength(3);
  await cluster.stop();
  expect(pids.filter((pid) => startTime(pid) !== undefined)).toEqual([]);
});
