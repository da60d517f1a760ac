import type { Cluster } from "../../local/cluster/cluster";
import type { KubernetesObject } from "../../components/kubernetes/api";
import { readEtcd, writeEtcd } from "../../local/cluster/etcd";
import { startTestCluster } from "../../local/cluster/forTests";
import { main } from "../../components/command/main";
import { rightsForMigration } from "../../components/kubernetes/rights/migrationRights";
import {
  createObjects,
  define,
  listed,
  live,
  objectsPath,
  pathOf,
  pause,
  startBin,
  stored,
  threeGenerations,
  untilSaid,
  untouched,
  type Ran,
} from "./othersCrds";

jest.setTimeout(200_000);

let cluster: Cluster;
/** Of a user with exactly the listed rights over each group that the tests use. */
let kubeconfig: string;
const groups = ["net", "bad", "busy", "killed"].map((name) => `*.${name}.example.com`);

beforeAll(async () => {
  cluster = await startTestCluster("migrate-command");
  kubeconfig = await cluster.userKubeconfig("night-shift", rightsForMigration(groups));
});
afterAll(() => cluster.stop());

const migrate = (...args: string[]): Promise<Ran> =>
  startBin(kubeconfig, "migrate", ...args, "--request-timeout-seconds", "3").ended;
const storedVersions = async (crd: string) => (await live(cluster, crd)).status?.storedVersions;

describe("three generations of a chart", () => {
  const nodes = "nodes.net.example.com";
  const empties = "empties.net.example.com";
  const calms = "calms.net.example.com";
  const pattern = "*.net.example.com";
  let before: unknown;

  beforeAll(async () => {
    await threeGenerations(cluster, nodes, 100);
    await threeGenerations(cluster, empties, 0);
    await define(cluster, calms, { versions: ["v1", "v2"], storage: "v1" });
    before = [await untouched(cluster, nodes), await untouched(cluster, empties), await untouched(cluster, calms)];
  });

  test("T1 --dry-run shows the plan of each, rehearses, and writes nothing at all", async () => {
    const [definition, etcd] = [await live(cluster, nodes), await stored(cluster, nodes)];
    const { code, out, err } = await migrate(pattern, "--dry-run");
    expect(`${code} ${err}`).toMatch(/^0 /);
    expect(out).toMatch(
      /nodes\.net\.example\.com: storage v1, storedVersions \[v1alpha1, v1beta1, v1\], about 300 objects/,
    );
    expect(out).toContain(
      "    storedVersions [v1alpha1, v1beta1, v1] → [v1]: only once every object is proven rewritten",
    );
    expect(out).toMatch(/calms\.net\.example\.com: storage v1, .*\n {4}nothing to do/);
    expect(out).toMatch(/^nodes\.net\.example\.com +v1alpha1, v1beta1, v1 +300 +all would be accepted$/m);
    expect(await live(cluster, nodes)).toEqual(definition);
    expect(await stored(cluster, nodes)).toEqual(etcd);
    expect(etcd).toEqual({ v1alpha1: 100, v1beta1: 100, v1: 100 });
  });

  test("T2 without a terminal and without --yes: the plan, exit code 2, and nothing is changed", async () => {
    const { code, out, err } = await migrate(pattern);
    expect(code).toBe(2);
    expect(out).toContain("storedVersions [v1alpha1, v1beta1, v1] → [v1]");
    expect(err).toContain("Migrate 2 resources? There is no terminal to ask at: say --yes");
    expect(await storedVersions(nodes)).toEqual(["v1alpha1", "v1beta1", "v1"]);
  });

  test("at a terminal it asks, and anything but yes changes nothing", async () => {
    const asked: string[] = [];
    const code = await main(["migrate", nodes, "--kubeconfig", kubeconfig], {
      print: () => undefined,
      complain: () => undefined,
      readStdin: () => Promise.resolve(""),
      progress: () => undefined,
      showsProgress: true,
      isScreen: true,
      ask: (question) => Promise.resolve(asked.push(question)).then(() => ""),
      interrupted: new AbortController().signal,
    });
    expect([code, asked]).toEqual([1, ["Migrate 1 resource? [y/N] "]]);
    expect(await storedVersions(nodes)).toEqual(["v1alpha1", "v1beta1", "v1"]);
  });

  test("T3 --yes: every object is v1 in etcd's own bytes, storedVersions is [v1], and nothing else has moved", async () => {
    const { code, out, err } = await migrate(pattern, "--yes", "--migrator", "direct");
    expect(`${code} ${err}`).toMatch(/^0 /);
    expect(out).toMatch(/^nodes\.net\.example\.com +v1alpha1, v1beta1, v1 → v1 +300 +\d+ +proven$/m);
    expect(out).toMatch(/^empties\.net\.example\.com +v1alpha1, v1beta1, v1 → v1 +0 +0 +proven$/m);
    expect(await stored(cluster, nodes)).toEqual({ v1: 300 });
    expect([await storedVersions(nodes), await storedVersions(empties)]).toEqual([["v1"], ["v1"]]);
    const after = [await untouched(cluster, nodes), await untouched(cluster, empties), await untouched(cluster, calms)];
    expect(after).toEqual(before);
  });

  test("T4 again: nothing to do, exit code 0, and the CRDs are not written", async () => {
    const definitions = [await live(cluster, nodes), await live(cluster, empties)];
    const { code, out } = await migrate(pattern);
    expect(code).toBe(0);
    expect(out.match(/nothing to do/g)).toHaveLength(3);
    expect([await live(cluster, nodes), await live(cluster, empties)]).toEqual(definitions);
  });

  test("T5 the chart unserves the old versions: managedFields move to v1, and server-side apply works once they are gone", async () => {
    await define(cluster, nodes, { versions: ["v1alpha1", "v1beta1", "v1"], storage: "v1", served: ["v1"] });
    const { code, out, err } = await migrate(nodes, "--yes", "--migrator", "direct");
    expect(`${code} ${err}`).toMatch(/^0 /);
    expect(out).toContain("managedFields net.example.com/v1alpha1, net.example.com/v1beta1 → net.example.com/v1");
    await define(cluster, nodes, { versions: ["v1"], storage: "v1" });
    const { items } = (await listed(cluster, nodes, "v1")) as {
      items: { metadata: { managedFields: { apiVersion: string }[] } }[];
    };
    const named = items.flatMap(({ metadata }) => metadata.managedFields.map(({ apiVersion }) => apiVersion));
    expect(new Set(named)).toEqual(new Set(["net.example.com/v1"]));
    const object = {
      apiVersion: "net.example.com/v1",
      kind: "Node",
      metadata: { name: "v1alpha1-0" },
      spec: { size: 7 },
    };
    await cluster.client.apply(`${objectsPath(nodes, "v1")}/v1alpha1-0`, object, "operator");
  });
});

describe("bad input", () => {
  test.each([
    [["nothings.net.example.com"], "nothings.net.example.com: there is no such CRD in the cluster"],
    [["*.nobody.example.com"], "*.nobody.example.com matches no CRD"],
    [["Secrets"], 'resource "Secrets"'],
    [["secretz"], "secretz: there is no such CRD in the cluster, and no such built-in resource"],
    [["*.apps"], "*.apps matches no CRD"],
    [["nodes.net.example.com", "*.nobody.example.com", "--yes"], "*.nobody.example.com matches no CRD"],
  ])("%j => exit code 2, and what is wrong", async (args, said) => {
    const { code, out, err } = await migrate(...args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(said);
  });
});

describe("bad days: each is named, and the others go on", () => {
  const crd = (plural: string): string => `${plural}.bad.example.com`;
  let ran: Ran;

  beforeAll(async () => {
    const versions = ["v1alpha1", "v1"];
    for (const plural of ["deads", "goods", "goings", "owneds", "garbles"]) {
      await define(cluster, crd(plural), { versions: ["v1alpha1"], storage: "v1alpha1" });
      await createObjects(cluster, crd(plural), "v1alpha1", "old", 5);
    }
    const url = "https://127.0.0.1:1/convert";
    const webhook = { clientConfig: { url }, conversionReviewVersions: ["v1"] };
    for (const plural of ["goods", "goings", "garbles"]) {
      await define(cluster, crd(plural), { versions, storage: "v1" });
    }
    await define(cluster, crd("owneds"), {
      versions,
      storage: "v1",
      annotations: { "kubernetes-storage-migration/owner": "acme/shop/prod/widgets" },
    });
    await cluster.client.apply(
      pathOf(crd("deads")),
      await withConversion(crd("deads"), versions, { strategy: "Webhook", webhook }),
      "chart",
    );
    const object = `${objectsPath(crd("goings"), "v1")}/old-0`;
    await cluster.client.mergePatch(object, { metadata: { finalizers: ["example.com/stays"] } });
    await cluster.client.delete(pathOf(crd("goings")));
    await writeEtcd(cluster.etcd, {
      key: `/registry/${crd("garbles").slice(8)}/garbles/default/old-2`,
      value: "{ not an object",
    });
    ran = await migrate("*.bad.example.com", "--yes", "--migrator", "direct");
  });

  const withConversion = async (name: string, versions: string[], conversion: object) => {
    const { apiVersion, kind, spec } = await live(cluster, name);
    const [first] = spec.versions;
    const all = versions.map((version) => ({ ...first, name: version, storage: version === "v1" }));
    return { apiVersion, kind, metadata: { name }, spec: { ...spec, versions: all, conversion } };
  };

  test("the good one is proven, the exit code is 1", async () => {
    expect(ran).toMatchObject({ code: 1 });
    expect(await storedVersions(crd("goods"))).toEqual(["v1"]);
    expect(await stored(cluster, crd("goods"))).toEqual({ v1: 5 });
  });

  test.each([
    ["a dead webhook", "deads", /deads\.bad\.example\.com: .*(webhook|refused)/],
    ["a CRD that is being deleted", "goings", /goings\.bad\.example\.com: is being deleted since /],
    [
      "one that a VersionedCRD owns",
      "owneds",
      /belongs to the VersionedCRD acme\/shop\/prod\/widgets .*\n.*\n.*run `pulumi up` in that stack/,
    ],
    [
      "an object that no longer decodes",
      "garbles",
      /garbles\.bad\.example\.com: the API server cannot list the objects/,
    ],
  ])("%s is named, and its storedVersions are as they were", async (_, plural, said) => {
    expect(ran.err).toMatch(said);
    expect(await storedVersions(crd(plural))).toEqual(["v1alpha1", "v1"]);
  });

  test("without the right to patch the status: known before the first write", async () => {
    const plural = "limiteds";
    await define(cluster, crd(plural), { versions: ["v1alpha1"], storage: "v1alpha1" });
    await createObjects(cluster, crd(plural), "v1alpha1", "old", 3);
    await define(cluster, crd(plural), { versions: ["v1alpha1", "v1"], storage: "v1" });
    const before = await live(cluster, crd(plural));
    const rules = rightsForMigration([crd(plural)], { migrator: "direct" }).filter(
      ({ resources }) => resources?.[0] !== "customresourcedefinitions/status",
    );
    const limited = await cluster.userKubeconfig("limited", rules);
    const { code, err } = await startBin(limited, "migrate", crd(plural), "--yes", "--migrator", "direct").ended;
    expect(code).toBe(1);
    expect(err).toContain(`not allowed to patch customresourcedefinitions.apiextensions.k8s.io/status ${crd(plural)}`);
    expect(await live(cluster, crd(plural))).toEqual(before);
    expect(await stored(cluster, crd(plural))).toEqual({ v1alpha1: 3 });
  });
});

test("one of a pattern that this user may not list is named, the others go on, and the exit code is 1", async () => {
  const [goods, hiddens] = ["goods.hid.example.com", "hiddens.hid.example.com"];
  for (const crd of [goods, hiddens]) await threeGenerations(cluster, crd, 5);
  const rules = rightsForMigration(["*.hid.example.com"], { migrator: "direct" }).map((rule) =>
    rule.apiGroups?.[0] === "hid.example.com" ? { ...rule, resources: ["goods"] } : rule,
  );
  const limited = await cluster.userKubeconfig("goods-alone", rules);
  const args = ["migrate", "*.hid.example.com", "--yes", "--migrator", "direct", "--request-timeout-seconds", "3"];
  const { code, out, err } = await startBin(limited, ...args).ended;
  expect([code, await storedVersions(goods)]).toEqual([1, ["v1"]]);
  expect(out).toMatch(/^hiddens\.hid\.example\.com: .*, objects not listed\n {4}cannot be migrated: see below$/m);
  expect(err).toContain(`${hiddens}: not allowed to list ${hiddens}`);
  expect(err).toContain('grant this user the rule {apiGroups: ["hid.example.com"]');
  expect(await storedVersions(hiddens)).toEqual(["v1alpha1", "v1beta1", "v1"]);
});

describe("an owner that does not stand still", () => {
  const labelled = "labelleds.busy.example.com";
  const edited = "editeds.busy.example.com";
  const versions = ["v1alpha1", "v1beta1", "v1"];

  test("labels and conditions that are applied again and again do not stop it; a spec that is edited meanwhile is migrated as it is then", async () => {
    await Promise.all([threeGenerations(cluster, labelled, 20), threeGenerations(cluster, edited, 20)]);
    const running = startBin(
      kubeconfig,
      ...["migrate", labelled, edited, "--yes", "--migrator", "direct", "--request-timeout-seconds", "3"],
    );
    let ended = false;
    const ran = running.ended.finally(() => (ended = true));
    const editing = untilSaid(running, /editeds\S+: waiting \d+ s for requests/).then(() =>
      define(cluster, edited, { versions, storage: "v1", description: "edited meanwhile" }),
    );
    for (let round = 0; !ended; round++) {
      await cluster.client.mergePatch(pathOf(labelled), { metadata: { labels: { round: String(round) } } });
      await pause(100);
    }
    await editing;
    const { code, err } = await ran;
    expect(`${code} ${err}`).toMatch(/^0 /);
    expect(err).toContain(`${edited}: its owner changed the CRD meanwhile: migrating it as it is now`);
    expect(err).not.toContain(`${labelled}: its owner changed`);
    for (const crd of [labelled, edited]) {
      expect(await stored(cluster, crd)).toEqual({ v1: 60 });
      const { metadata, status } = await live(cluster, crd);
      expect(status?.storedVersions).toEqual(["v1"]);
      const proof = JSON.parse(metadata.annotations?.["kubernetes-storage-migration/proof"] ?? "{}") as object;
      expect(proof).toMatchObject({ generation: metadata.generation, storageVersion: "v1" });
    }
  });

  test("its owner flips storage meanwhile: every object is proven at the version that it flipped to", async () => {
    const crd = "flippeds.busy.example.com";
    await threeGenerations(cluster, crd, 20);
    const running = startBin(
      kubeconfig,
      ...["migrate", crd, "--yes", "--migrator", "direct", "--request-timeout-seconds", "3"],
    );
    await untilSaid(running, /: waiting \d+ s for requests/);
    await define(cluster, crd, { versions, storage: "v1beta1" });
    const { code, err } = await running.ended;
    expect(`${code} ${err}`).toMatch(/^0 /);
    expect(await stored(cluster, crd)).toEqual({ v1beta1: 60 });
    expect(await storedVersions(crd)).toEqual(["v1beta1"]);
  });
});

describe("a built-in resource, as an older control plane has stored it", () => {
  const scalers = "horizontalpodautoscalers.autoscaling";
  const key = "/registry/horizontalpodautoscalers/default/";
  const proofs = "/api/v1/namespaces/kube-system/configmaps/storage-migration-proofs";
  const path = (name: string): string => `/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/${name}`;
  /** Of a user with exactly the listed rights. */
  let limited: string;

  const scaler = (name: string, written: string, maxReplicas: number) => ({
    apiVersion: "autoscaling/v1",
    kind: "HorizontalPodAutoscaler",
    metadata: {
      name,
      namespace: "default",
      uid: `00000000-0000-0000-0000-00000000000${name.length}`,
      creationTimestamp: "2026-01-01T00:00:00Z",
      managedFields: [
        {
          manager: "chart",
          operation: "Update",
          apiVersion: `autoscaling/${written}`,
          fieldsType: "FieldsV1",
          fieldsV1: { "f:spec": { "f:maxReplicas": {} } },
        },
      ],
    },
    spec: { maxReplicas, minReplicas: 1, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name } },
  });
  const store = (name: string, written: string, maxReplicas = 3) =>
    writeEtcd(cluster.etcd, { key: key + name, value: JSON.stringify(scaler(name, written, maxReplicas)) });
  const bytes = async (): Promise<string[]> => (await readEtcd(cluster.etcd, key)).map(({ value }) => value);
  const managed = async (name: string): Promise<string[]> => {
    const { metadata } = (await cluster.client.get(path(name))) as KubernetesObject;
    return (metadata.managedFields ?? []).map(({ manager, apiVersion }) => `${manager} ${apiVersion}`);
  };
  const run = (...args: string[]): Promise<Ran> =>
    startBin(limited, "migrate", ...args, "--migrator", "direct", "--request-timeout-seconds", "1").ended;

  beforeAll(async () => {
    limited = await cluster.userKubeconfig(
      "built-in",
      rightsForMigration([scalers, "secrets"], { migrator: "direct" }),
    );
    await store("first", "v1");
    await store("second", "v2beta2");
  });

  test("T1 --dry-run names the object that today's validation refuses, and writes nothing; so does the run", async () => {
    await store("broken", "v1", 0);
    const before = await bytes();
    for (const how of ["--dry-run", "--yes"]) {
      const { code, out, err } = await run(scalers, how);
      expect(code).toBe(1);
      expect(out).toContain(`${scalers}: built in, storage v2, about 3 objects\n    unproven → v2: rewrite`);
      expect(err).toMatch(/rehearsal: the rewrite of 1 of 3 objects would be refused; nothing was rewritten/);
      expect(err).toMatch(/default\/broken: .*maxReplicas/);
    }
    expect(await bytes()).toEqual(before);
    expect((await cluster.client.send("GET", proofs)).status).toBe(404);
    await cluster.client.delete(path("broken"));
  });

  test("T2 --yes: etcd's own bytes are v2, managedFields keep their owner, and the proof is recorded", async () => {
    const { code, out, err } = await run(scalers, "--yes");
    expect(`${code} ${err}`).toMatch(/^0 /);
    expect(out).toContain("managedFields autoscaling/v2beta2 → autoscaling/v2: not served any more");
    expect(out).toMatch(/^horizontalpodautoscalers\.autoscaling +v2 +2 +1 +proven$/m); // the other one when its managedFields moved
    for (const value of await bytes()) expect(value).toMatch(/^k8s\0[^{]*autoscaling\/v2/);
    expect(await managed("first")).toEqual(["chart autoscaling/v1"]);
    expect(await managed("second")).toEqual(["chart autoscaling/v2"]);
    const { data } = (await cluster.client.get(proofs)) as { data: Record<string, string> };
    expect(JSON.parse(data[scalers] ?? "")).toMatchObject({ storageVersion: "v2", objects: 2 });
  });

  test("T3 again: nothing to do; with the proof of another storage version, as after an upgrade, it is done anew", async () => {
    expect((await run(scalers)).out).toContain("    nothing to do");
    const { data } = (await cluster.client.get(proofs)) as { data: Record<string, string> };
    const older = { ...(JSON.parse(data[scalers] ?? "") as object), storageVersion: "v1", storageVersionHash: "older" };
    await cluster.client.mergePatch(proofs, { data: { [scalers]: JSON.stringify(older) } });
    const { code, out } = await run(scalers, "--yes");
    expect(code).toBe(0);
    expect(out).toContain("    v1 → v2: rewrite every object directly");
    expect((await run(scalers)).out).toContain("    nothing to do");
  });

  test("T4 secrets: proven, and no byte of one is shown", async () => {
    const data = { password: Buffer.from("hunter2").toString("base64") };
    await cluster.client.post("/api/v1/namespaces/default/secrets", { metadata: { name: "s" }, data });
    const { code, out, err } = await run("secrets", "--yes");
    expect(`${code} ${err}`).toMatch(/^0 /);
    expect(out).toMatch(/^secrets +v1 +\d+ +0 +proven$/m);
    expect(out + err).not.toMatch(/hunter2|aHVudGVyMg/);
  });

  test("T5 without one of the rights nothing is begun, and the right is named", async () => {
    const rules = rightsForMigration(["configmaps"], { migrator: "direct" });
    const less = rules.filter(({ verbs }) => !verbs.includes("create"));
    const kubeconfigOfLess = await cluster.userKubeconfig("less", less);
    const { code, err } = await startBin(kubeconfigOfLess, "migrate", "configmaps", "--yes").ended;
    expect(code).toBe(1);
    expect(err).toContain("configmaps: not allowed to create configmaps, to create leases.coordination.k8s.io");
  });

  test.each([
    ["bindings", "bindings: the API server stores no object of it"],
    ["deployments", "there is no such CRD in the cluster, and no such built-in resource; found deployments.apps"],
  ])("%s => exit code 2, and the reason", async (name, said) => {
    const { code, out, err } = await run(name);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(said);
  });
});

test("killed with -9 in the middle of the rewrite, the same command finishes", async () => {
  const crd = "nodes.killed.example.com";
  await threeGenerations(cluster, crd, 100);
  const args = ["migrate", crd, "--yes", "--migrator", "direct", "--request-timeout-seconds", "3"];
  const first = startBin(kubeconfig, ...args);
  while (((await stored(cluster, crd))["v1"] ?? 0) <= 110) await pause(5);
  first.child.kill("SIGKILL");
  await first.ended;
  expect(await storedVersions(crd)).toEqual(["v1alpha1", "v1beta1", "v1"]);
  const { code, err } = await startBin(kubeconfig, ...args).ended;
  expect(`${code} ${err}`).toMatch(/^0 /);
  expect(err).toMatch(/waiting \d+ s for a sign of life of kubernetes-storage-migration migrate, process \d+ on /);
  expect(await stored(cluster, crd)).toEqual({ v1: 300 });
  expect(await storedVersions(crd)).toEqual(["v1"]);
});
