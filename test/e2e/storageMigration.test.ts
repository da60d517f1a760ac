import type * as automation from "@pulumi/pulumi/automation";
import { StorageMigration, type StorageMigrationArgs } from "../../components";
import { Cluster as Connection } from "../../components/kubernetes/cluster";
import { discoverStorageMigrationVersion } from "../../components/kubernetes/discovery";
import { withLock } from "../../components/kubernetes/lock";
import { rightsForMigration } from "../../components/kubernetes/rights/migrationRights";
import type { Cluster } from "../../local/cluster/cluster";
import { readEtcd, writeEtcd } from "../../local/cluster/etcd";
import { startWorld, type World } from "./harness";
import { createObjects, define, live, pathOf, pause, stored, threeGenerations, untouched } from "./othersCrds";

jest.setTimeout(300_000);

let world: World;
let cluster: Cluster;
let kubeconfig: string;
let stack: automation.Stack;

beforeAll(async () => {
  world = await startWorld([], { servers: 3, network: "namespace" });
  cluster = world.cluster;
  kubeconfig = await cluster.userKubeconfig(
    "storage-migration",
    rightsForMigration(["*.net.example.com", "*.other.example.com", scalers]),
  );
  stack = (await world.stack("others")).automation;
});
afterAll(() => world.end());

interface Run {
  /** By resource name: the engine's operation. */
  operations: Record<string, string>;
  plans: Record<string, string[]>;
  said: string;
}

type Declared = Record<string, Partial<StorageMigrationArgs> & { resources: string[] }>;

async function run(command: "preview" | "up", declared: Declared): Promise<Run> {
  const seen: Run = { operations: {}, plans: {}, said: "" };
  const onEvent = (event: automation.EngineEvent): void => {
    const step = event.resourcePreEvent?.metadata;
    if (step?.type.endsWith(":MigrateObjects") === true) {
      const name = step.urn.split("::").at(-1) ?? "";
      seen.operations[name] = step.op;
      seen.plans[name] = (step.new?.inputs as { plan?: string[] } | undefined)?.plan ?? [];
    }
    seen.said += event.diagnosticEvent?.message ?? "";
  };
  const program = (): Promise<void> => {
    for (const [name, args] of Object.entries(declared)) {
      new StorageMigration(name, { kubeconfig, requestTimeoutSeconds: 3, migrator: "direct", ...args });
    }
    return Promise.resolve();
  };
  await stack[command]({ program, onEvent });
  return seen;
}

const refused = (ended: Promise<Run>): Promise<string> =>
  ended.then(
    () => Promise.reject(new Error("it succeeded")),
    (error: Error) => error.message,
  );
const storedVersions = async (crd: string) => (await live(cluster, crd)).status?.storedVersions;

const scalers = "horizontalpodautoscalers.autoscaling";
const proofs = "/api/v1/namespaces/kube-system/configmaps/storage-migration-proofs";
const nodes = "nodes.net.example.com";
const empties = "empties.net.example.com";
const pattern = "*.net.example.com";
let before: unknown;

test("T1 preview refuses a name that no CRD has, and a pattern that matches none", async () => {
  expect(await refused(run("preview", { net: { resources: [nodes] } }))).toContain(
    `${nodes}: there is no such CRD in the cluster`,
  );
  expect(await refused(run("preview", { net: { resources: [pattern] } }))).toContain(`${pattern} matches no CRD`);
});

test("T2 preview shows the plan of each CRD on the row of its pattern, and changes nothing", async () => {
  await Promise.all([threeGenerations(cluster, nodes, 70), threeGenerations(cluster, empties, 0)]);
  before = [await untouched(cluster, nodes), await untouched(cluster, empties)];
  const { plans } = await run("preview", { net: { resources: [pattern] } });
  expect(plans).toEqual({
    [`net-${pattern}`]: [empties, nodes].flatMap((crd) => [
      `${crd}: v1alpha1, v1beta1 → v1: rewrite every object directly`,
      `${crd}: storedVersions [v1alpha1, v1beta1, v1] → [v1]: only once every object is proven rewritten`,
    ]),
  });
  expect(await stored(cluster, nodes)).toEqual({ v1alpha1: 70, v1beta1: 70, v1: 70 });
});

/** Of a control plane before an upgrade: etcd holds what it stored, and its own bytes are JSON here. */
async function storeScalers(...names: string[]): Promise<void> {
  for (const name of names) {
    const metadata = { name, namespace: "default", uid: `${name}-uid`, creationTimestamp: "2026-01-01T00:00:00Z" };
    const spec = { maxReplicas: 3, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name } };
    const object = { apiVersion: "autoscaling/v1", kind: "HorizontalPodAutoscaler", metadata, spec };
    const key = `/registry/horizontalpodautoscalers/default/${name}`;
    await writeEtcd(cluster.etcd, { key, value: JSON.stringify(object) });
  }
}
const storedScalers = async (): Promise<(string | undefined)[]> =>
  (await readEtcd(cluster.etcd, "/registry/horizontalpodautoscalers/")).map(
    ({ value }) => /autoscaling\/v\d/.exec(value)?.[0],
  );
const built = { resources: [scalers], migrator: "in-tree" as const };

test("T3 one of three API servers has not seen that storage moved: it is named, and nothing is pruned or recorded until it has; then all is proven on each of them", async () => {
  await storeScalers("first", "second", "third");
  const third = cluster.apiServers[2];
  await third?.cutOff();
  await define(cluster, nodes, { versions: ["v1alpha1", "v1beta1", "v1"], storage: "v1beta1" });
  before = [await untouched(cluster, nodes), await untouched(cluster, empties)];
  const running = run("up", { net: { resources: [pattern] }, built });
  await pause(15_000);
  expect(await storedVersions(nodes)).toEqual(["v1alpha1", "v1beta1", "v1"]);
  expect((await cluster.client.send("GET", proofs)).status).toBe(404);
  await third?.rejoin();
  const { plans, said } = await running;
  expect(said).toContain(`waiting for a sign of life of ${third?.host} (`);
  expect(plans[`net-${pattern}`]).toHaveLength(4);
  expect(await stored(cluster, nodes)).toEqual({ v1beta1: 210 });
  expect([await storedVersions(nodes), await storedVersions(empties)]).toEqual([["v1beta1"], ["v1"]]);
  const proof = (await live(cluster, nodes)).metadata.annotations?.["kubernetes-storage-migration/proof"] ?? "{}";
  expect((JSON.parse(proof) as { servers: string[] }).servers).toHaveLength(3);
  expect([await untouched(cluster, nodes), await untouched(cluster, empties)]).toEqual(before);
  const { data } = (await cluster.client.get(proofs)) as { data: Record<string, string> };
  expect((JSON.parse(data[scalers] ?? "{}") as { servers: string[] }).servers).toHaveLength(3);
  expect(plans[`built-${scalers}`]).toHaveLength(1);
  expect(said).toMatch(/StorageVersionMigration horizontalpodautoscalers\.autoscaling-\w+ succeeded/);
  expect(await storedScalers()).toEqual(["autoscaling/v2", "autoscaling/v2", "autoscaling/v2"]);
});

test("T4 an unchanged program previews empty, and a second declaration of the same CRDs finds nothing to do", async () => {
  const definition = await live(cluster, nodes);
  expect((await run("preview", { net: { resources: [pattern] }, built })).operations).toEqual({
    [`net-${pattern}`]: "same",
    [`built-${scalers}`]: "same",
  });
  const { plans } = await run("up", { net: { resources: [pattern] }, again: { resources: [nodes, pattern] } });
  expect(Object.values(plans).flat()).toEqual([]);
  expect(await live(cluster, nodes)).toEqual(definition);
});

test("T5 two declarations with overlapping patterns, both with something to do: one after the other, and the second finds nothing left", async () => {
  const late = "lates.net.example.com";
  await threeGenerations(cluster, late, 20);
  const { plans } = await run("up", { net: { resources: [pattern] }, again: { resources: [late] } });
  expect([plans[`net-${pattern}`], plans[`again-${late}`]].map((plan) => plan?.length)).toEqual([2, 2]);
  expect(await stored(cluster, late)).toEqual({ v1: 60 });
  expect(await storedVersions(late)).toEqual(["v1"]);
});

test("T6 its lock is that of a VersionedCRD: while one is at work it does not start", async () => {
  const busy = "busies.net.example.com";
  await threeGenerations(cluster, busy, 2);
  const connection = await Connection.connect({ kubeconfig });
  const message = await withLock(
    connection,
    busy,
    "store of some VersionedCRD",
    () => undefined,
    () => refused(run("up", { net: { resources: [pattern] } })),
  );
  expect(message).toContain(`another rollout of ${busy} is running: store of some VersionedCRD holds its lock`);
  expect(await storedVersions(busy)).toEqual(["v1alpha1", "v1beta1", "v1"]);
  await run("up", { net: { resources: [pattern] } });
  expect(await storedVersions(busy)).toEqual(["v1"]);
});

test("T7 one that a VersionedCRD owns is refused by its name; a pattern leaves it alone, says so, and goes on", async () => {
  const [owned, free] = ["owneds.other.example.com", "frees.other.example.com"];
  await Promise.all([threeGenerations(cluster, owned, 2), threeGenerations(cluster, free, 2)]);
  await cluster.client.mergePatch(pathOf(owned), {
    metadata: { annotations: { "kubernetes-storage-migration/owner": "acme/shop/prod/widgets" } },
  });
  const net = { resources: [pattern] };
  expect(await refused(run("preview", { other: { resources: [owned] } }))).toContain(
    `${owned}: belongs to the VersionedCRD acme/shop/prod/widgets`,
  );
  const { said } = await run("up", { net, other: { resources: ["*.other.example.com"] } });
  expect(said).toContain(`${owned}: belongs to the VersionedCRD acme/shop/prod/widgets`);
  expect(await storedVersions(owned)).toEqual(["v1alpha1", "v1beta1", "v1"]);
  expect(await storedVersions(free)).toEqual(["v1"]);
});

test("T8 someone else's StorageVersionMigration of the same resource is under way: ours ends well, and the proof is its own", async () => {
  const crd = "shareds.other.example.com";
  await threeGenerations(cluster, crd, 50);
  const version = (await discoverStorageMigrationVersion(await Connection.connect({ kubeconfig }))) ?? "v1";
  await cluster.client.post(`/apis/storagemigration.k8s.io/${version}/storageversionmigrations`, {
    apiVersion: `storagemigration.k8s.io/${version}`,
    kind: "StorageVersionMigration",
    metadata: { name: "somebody-elses" },
    spec: {
      resource: { group: "other.example.com", resource: "shareds", ...(version === "v1alpha1" && { version: "v1" }) },
    },
  });
  await run("up", {
    net: { resources: [pattern] },
    other: { resources: ["*.other.example.com"], migrator: "in-tree" },
  });
  expect(await stored(cluster, crd)).toEqual({ v1: 150 });
  expect(await storedVersions(crd)).toEqual(["v1"]);
  const { metadata } = await live(cluster, crd);
  expect(JSON.parse(metadata.annotations?.["kubernetes-storage-migration/proof"] ?? "{}")).toMatchObject({
    generation: metadata.generation,
    storageVersion: "v1",
  });
});

test("T9 what vanished is let go: preview is empty and says so", async () => {
  for (const crd of ["owneds", "frees", "shareds"]) await cluster.client.delete(pathOf(`${crd}.other.example.com`));
  while ((await cluster.client.send("GET", pathOf("shareds.other.example.com"))).status !== 404) await pause(100);
  await pause(500);
  const other = { resources: ["*.other.example.com"], migrator: "in-tree" as const };
  const { operations, said } = await run("preview", { net: { resources: [pattern] }, other });
  expect(operations["other-*.other.example.com"]).toBe("same");
  expect(said).toContain("*.other.example.com: no CRD any more; there is nothing to migrate");
  await define(cluster, "news.other.example.com", { versions: ["v1"], storage: "v1" });
  await createObjects(cluster, "news.other.example.com", "v1", "new", 1);
  expect((await run("preview", { net: { resources: [pattern] }, other })).said).not.toContain("no CRD any more");
});
