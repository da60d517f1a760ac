import * as fs from "fs";
import { checkout } from "../../local/checkout";
import type { Cluster } from "../../local/cluster/cluster";
import { writeEtcd } from "../../local/cluster/etcd";
import { startTestCluster } from "../../local/cluster/forTests";
import { rightsForMigration } from "../../components/kubernetes/rights/migrationRights";
import {
  createObjects,
  define,
  listed,
  live,
  objectsPath,
  pathOf,
  startBin,
  stored,
  untouched,
  type Ran,
} from "./othersCrds";

jest.setTimeout(200_000);

const group = "net.example.com";
const plurals = ["nodes", "deads", "garbles", "goings", "restoreds"];
const crdOf = (plural: string): string => `${plural}.${group}`;
const nodes = crdOf("nodes");
const versions = ["v1", "v2"];

/** As docs/rollback.md lists them. */
const rights = [
  { apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"], verbs: ["get"] },
  { apiGroups: [group], resources: plurals, verbs: ["get", "list"] },
];

let cluster: Cluster;
/** Of a user with exactly these. */
let reader: string;

beforeAll(async () => {
  cluster = await startTestCluster("rollback");
  reader = await cluster.userKubeconfig("reader", rights);
});
afterAll(() => cluster.stop());

const rollback = (crd: string, to: string, ...more: string[]): Promise<Ran> =>
  startBin(reader, "rollback", crd, "--to", to, ...more).ended;

/** An object that the newer version's own client makes. */
async function applyTiered(crd: string, name: string): Promise<void> {
  const object = { apiVersion: `${group}/v2`, kind: "Node", metadata: { name }, spec: { size: 7, tier: "gold" } };
  await listed(cluster, crd, "v2"); // it is served
  await cluster.client.apply(`${objectsPath(crd, "v2")}/${name}`, object, "operator-v2");
}

describe("a chart's CRD goes back from v2 to v1", () => {
  const fields = { v1: ["size"], v2: ["size", "tier"] };
  let steps: { what: string; command: string }[];

  beforeAll(async () => {
    await define(cluster, nodes, { versions: ["v1"], storage: "v1", fields });
    await createObjects(cluster, nodes, "v1", "old", 2);
    await define(cluster, nodes, { versions, storage: "v2", served: ["v2"], fields });
    await applyTiered(nodes, "new");
  });

  test("T1 a field that only v2 holds and an object has blocks it; reading rights are enough, and nothing is written", async () => {
    const before = [await live(cluster, nodes), await stored(cluster, nodes), await untouchedObjects()];
    const { code, out, err } = await rollback(nodes, "v1");
    expect([code, err]).toEqual([1, ""]);
    expect(out).toContain(
      "conversion is None, and v1's schema does not hold what objects stored as v2 may have (all 3 objects read):\n    .spec.tier: 1 object\n",
    );
    expect(out).toMatch(/^v1 +no +no +yes$/m);
    expect(out).toMatch(/^clients that wrote through v2 \(all 3 objects read\):\n {2}operator-v2: 1 object, last /m);
    expect(out).toContain("which objects were written since the move to v2: the CRD has no proof of a migration to it");
    expect(out).toContain("steps, in this order, once nothing blocks:");
    expect(fs.readFileSync(checkout("docs", "rollback.md"), "utf8")).toContain(`\`\`\`text\n${asOnPage(out)}\`\`\``);
    expect((await rollback(nodes, "v1")).out).toBe(out);
    expect([await live(cluster, nodes), await stored(cluster, nodes), await untouchedObjects()]).toEqual(before);
  });

  test("T2 once v1 holds it, too, nothing blocks", async () => {
    const both = { v1: ["size", "tier"], v2: ["size", "tier"] };
    await define(cluster, nodes, { versions, storage: "v2", served: ["v2"], fields: both });
    const { code, out } = await rollback(nodes, "v1", "--json");
    const decided = JSON.parse(out) as { blockers: []; lost: []; steps: typeof steps };
    expect([code, decided.blockers, decided.lost]).toEqual([0, [], []]);
    steps = decided.steps;
    expect(steps.map(({ what }) => what.split(/[:,] /)[0])).toEqual([
      "serve v1",
      "make v1 the storage version",
      "rehearse",
      "rewrite every object as v1",
      "stop serving v2",
      "move managedFields off v2",
      "take v2 out",
    ]);
  });

  test("T3 the steps as they are printed end with v1 alone, in etcd's bytes too, and no field is lost", async () => {
    const admin = await cluster.userKubeconfig("admin", [
      ...rightsForMigration([nodes]),
      { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
    ]);
    for (const { command } of steps) await paste(command, admin);
    expect(await stored(cluster, nodes)).toEqual({ v1: 3 });
    const { spec, status } = await live(cluster, nodes);
    expect([spec.versions.map(({ name }) => name), status?.storedVersions]).toEqual([["v1"], ["v1"]]);
    const { items } = (await listed(cluster, nodes, "v1")) as { items: { metadata: { name: string }; spec: object }[] };
    expect(items.map(({ metadata, spec }) => [metadata.name, spec])).toEqual([
      ["new", { size: 7, tier: "gold" }],
      ["old-0", { size: 0 }],
      ["old-1", { size: 1 }],
    ]);
    // A client that knows v1 alone applies to the object that v2's client has made.
    const object = { apiVersion: `${group}/v1`, kind: "Node", metadata: { name: "new" }, spec: { size: 7 } };
    await cluster.client.apply(`${objectsPath(nodes, "v1")}/new`, object, "operator");
  });

  test("T4 then there is nothing to do", async () => {
    const { code, out } = await rollback(nodes, "v1");
    expect(code).toBe(0);
    expect(out).toMatch(/nothing to do: v1 is stored alone, and there is no newer version\n$/);
  });

  /** Without what is another at each run. */
  const asOnPage = (out: string): string =>
    out
      .replace(/^context \S+, \S+:/, "context prod, https://10.0.0.1:6443:")
      .replace(/ --kubeconfig \S+/g, "")
      .replace(/last [\dTZ:-]+$/gm, "last 2026-11-01T08:00:00Z");

  const untouchedObjects = (): Promise<unknown> => untouched(cluster, nodes, "v2");

  /** As a shell and kubectl would take it. */
  async function paste(command: string, kubeconfig: string): Promise<void> {
    const [, patched = "", operations = ""] =
      /^kubectl --kubeconfig \S+ patch crd (\S+) --type=json -p '(.+)'$/.exec(command) ?? [];
    if (operations !== "") {
      const sent = await cluster.client.send(
        "PATCH",
        pathOf(patched),
        JSON.parse(operations),
        "application/json-patch+json",
      );
      expect(sent).toMatchObject({ status: 200 });
      return;
    }
    const [bin, ...args] = command.replace(/ --kubeconfig \S+/, "").split(" ");
    expect(bin).toBe("kubernetes-storage-migration");
    const yes = args.includes("--dry-run") ? [] : ["--yes"];
    const { code, err } = await startBin(kubeconfig, ...args, ...yes, "--request-timeout-seconds", "3").ended;
    expect(`${command}: ${code} ${err}`).toContain(`${command}: 0 `);
  }
});

describe("what blocks it", () => {
  const webhook = { clientConfig: { url: "https://127.0.0.1:1/convert" }, conversionReviewVersions: ["v1"] };

  beforeAll(async () => {
    for (const plural of plurals.slice(1)) {
      await define(cluster, crdOf(plural), { versions: ["v1"], storage: "v1" });
      await createObjects(cluster, crdOf(plural), "v1", "old", 2);
    }
    await define(cluster, crdOf("goings"), { versions, storage: "v2" });
    await define(cluster, crdOf("garbles"), { versions, storage: "v2" });
    await define(cluster, crdOf("restoreds"), { versions, storage: "v2" });
    const { apiVersion, kind, spec } = await live(cluster, crdOf("deads"));
    const [first] = spec.versions;
    const all = versions.map((name) => ({ ...first, name, storage: name === "v1" }));
    const conversion = { strategy: "Webhook", webhook };
    const dead = { apiVersion, kind, metadata: { name: crdOf("deads") }, spec: { ...spec, versions: all, conversion } };
    await cluster.client.apply(pathOf(crdOf("deads")), dead, "chart");
    await listed(cluster, crdOf("deads"), "v1");

    const held = `${objectsPath(crdOf("goings"), "v2")}/old-0`;
    await cluster.client.mergePatch(held, { metadata: { finalizers: ["example.com/stays"] } });
    await cluster.client.delete(pathOf(crdOf("goings")));
    await writeEtcd(cluster.etcd, { key: `/registry/${group}/garbles/default/old-1`, value: "{ not an object" });
    const restored = await live(cluster, crdOf("restoreds"));
    const key = `/registry/apiextensions.k8s.io/customresourcedefinitions/${crdOf("restoreds")}`;
    const status = { ...restored.status, storedVersions: ["v1", "v2", "v3"] };
    await writeEtcd(cluster.etcd, { key, value: JSON.stringify({ ...restored, status }) });
  });

  test.each([
    ["the version was dropped already", "restoreds", "v1alpha1", /v1alpha1 is not in spec\.versions: it was dropped/],
    ["the CRD is being deleted", "goings", "v1", /it is being deleted since /],
    ["an object cannot be decoded", "garbles", "v1", /its objects cannot be listed as v2: /],
    ["storedVersions names what is not there", "restoreds", "v1", /status\.storedVersions names v3, which/],
    ["the webhook is dead", "deads", "v2", /an object cannot be read as v2: .*connection refused/],
  ])("%s", async (_, plural, to, said) => {
    const { code, out, err } = await rollback(crdOf(plural), to);
    expect([code, err]).toEqual([1, ""]);
    expect(out).toMatch(said);
  });

  test.each([
    [crdOf("nothings"), "there is no such CRD in the cluster"],
    ["*.net.example.com", "RESOURCE is *.net.example.com"],
  ])("%s: exit code 2, and what is wrong", async (crd, said) => {
    const limited = await cluster.userKubeconfig("admin", [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }]);
    const { code, out, err } = await startBin(limited, "rollback", crd, "--to", "v1").ended;
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(said);
  });
});
