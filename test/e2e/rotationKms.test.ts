import * as fs from "fs";
import * as path from "path";
import { RECORD_NAME } from "../../components/encryptionKeyRotation/proof/recordConfigMap";
import type { RotationProof } from "../../components/encryptionKeyRotation/proof/record";
import { agreedKmsKeyId } from "../../components/encryptionKeyRotation/servers/kms";
import { readReportsNow } from "../../components/encryptionKeyRotation/servers/reports";
import { Cluster } from "../../components/kubernetes/cluster";
import { readEtcd } from "../../local/cluster/etcd";
import { startKmsPlugin, type KmsPlugin } from "../../local/kms/start";
import { createGadget, definitionOf, group } from "./gadgets";
import { createSecrets, prefixes } from "./rotationBench";
import { startRotationWorld, type RotationRun, type RotationStack, type RotationWorld } from "./rotationWorld";

jest.setTimeout(300_000);

const RECORD = `/api/v1/namespaces/kube-system/configmaps/${RECORD_NAME}`;
const GIZMOS = `gizmos.${group}`;
const CORE = ["*.", GIZMOS];
/** Where a few of the rotated resources lie, one of them a custom one. */
const PLACES = ["/registry/serviceaccounts/", "/registry/configmaps/", `/registry/${group}/gizmos/`];

describe("every resource of a group and a custom one, through a KMS plugin and away from it", () => {
  let world: RotationWorld;
  let stack: RotationStack;
  let plugin: KmsPlugin;
  let cluster: Cluster;
  const file = (): string => fs.readFileSync(world.targets[0]?.file ?? "", "utf8");
  const under = async (place: string): Promise<string[]> => Object.keys(await prefixes(world.cluster, place));
  const said = ({ messages }: RotationRun): string => messages.join("\n");
  const unchanged = (run: RotationRun): void =>
    expect(new Set(Object.values(run.operations))).toEqual(new Set(["same"]));
  /** The plugin's key id stands in clear in each object's envelope. */
  const keyIds = async (): Promise<string[]> => {
    const stored = await Promise.all(PLACES.map((place) => readEtcd(world.cluster.etcd, place)));
    return [...new Set(stored.flat().map(({ value }) => /kek-\d/.exec(value)?.[0] ?? "none"))];
  };
  const rekeyed = async (id: string): Promise<void> => {
    const told = async (): Promise<string> => {
      // Asked for its health, an API server asks its plugin every 20 s instead of every minute.
      await world.cluster.client.send("GET", "/readyz/kms-providers");
      const work = { report: () => undefined, signal: AbortSignal.timeout(60_000) };
      return JSON.stringify(agreedKmsKeyId(await readReportsNow(cluster, [], work), "vault"));
    };
    const before = await told();
    plugin.useKey(id);
    while ((await told()) === before) await new Promise((resolve) => setTimeout(resolve, 500));
  };
  const vault = () => ({ kms: { name: "vault", endpoint: plugin.endpoint } });

  beforeAll(async () => {
    world = await startRotationWorld({}, ["*.*"]);
    plugin = await startKmsPlugin(world.cluster, "kek-1");
    cluster = await Cluster.connect({ kubeconfig: world.cluster.kubeconfig });
    await createSecrets(world.cluster, 10);
    await world.cluster.client.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definitionOf("gizmos"));
    await createGadget(world.cluster.client, "gizmos");
    stack = await world.stack("kms");
  });
  afterAll(async () => {
    cluster.close();
    await world.end();
  });

  test("T1: the saved plan of a preview is what `up --plan` carries out: all of them are under the plugin's key", async () => {
    const plan = path.join(world.dir, "first.json");
    const args = { resources: CORE, keys: { write: vault() } };
    const preview = await stack.preview(args, { plan });
    const { plans: planned } = preview;
    // The file that the cluster began with names them itself, and first match wins.
    expect(said(preview)).toContain("*. does not reach secrets: the file has entries of their own");
    expect(planned["migrate"]).toEqual([`identity → kms:vault: rewrite every object of *., ${GIZMOS} directly`]);
    const run = await stack.up(args, { plan });
    expect(run.plans).toEqual(planned);
    expect(run.outputs["keyOrder"]).toEqual({ "*.": ["kms:vault"], [GIZMOS]: ["kms:vault"] });
    for (const place of PLACES) expect(await under(place)).toEqual(["k8s:enc:kms:v2:vault:"]);
    expect(await under("/registry/secrets/")).toEqual(["plain"]);
    expect(await keyIds()).toEqual(["kek-1"]);
    unchanged(await stack.preview(args));
  });

  test("T2: a new key id of the plugin is a migration, and nothing else: the file stays", async () => {
    const args = { resources: CORE, keys: { write: vault() } };
    const before = file();
    await rekeyed("kek-2");
    const { plans: planned } = await stack.preview(args);
    expect(planned).toEqual({
      migrate: [`kms:vault under earlier key ids → kms:vault: rewrite every object of *., ${GIZMOS} directly`],
    });
    expect((await stack.up(args)).plans).toEqual(planned);
    expect(await keyIds()).toEqual(["kek-2"]);
    expect(file()).toBe(before);
    unchanged(await stack.preview(args));
  });

  test("T3: the same with no target at all, as where the file cannot be reached", async () => {
    const args = { resources: CORE, keys: { write: { kms: { name: "vault" } } }, targets: [] };
    await rekeyed("kek-3");
    const preview = await stack.preview(args);
    expect(Object.keys(preview.plans)).toEqual(["migrate"]);
    expect(said(preview)).toContain("no target: nobody checks that kms:vault is the first key of *.");
    const run = await stack.up(args);
    expect(run.plans).toEqual(preview.plans);
    expect(run.outputs).toMatchObject({ keyOrder: { "*.": ["kms:vault"] } });
    expect(await keyIds()).toEqual(["kek-3"]);
    unchanged(await stack.preview(args));
    const misnamed = { ...args, keys: { write: { kms: { name: "volt" } } } };
    expect(said(await stack.preview(misnamed))).toContain("kms:volt under earlier key ids → kms:volt");
  });

  test("T4: preview and up warn of a key that writes for longer than maxKeyAgeDays", async () => {
    const args = { resources: CORE, keys: { write: { kms: { name: "vault" } } }, targets: [], maxKeyAgeDays: 90 };
    expect(said(await stack.preview(args))).not.toContain("maxKeyAgeDays");
    const { data } = (await world.cluster.client.get(RECORD)) as { data: Record<string, string> };
    const at = new Date(Date.now() - 100 * 24 * 3600 * 1000).toISOString();
    const older = Object.entries(data).filter(([name]) => !name.startsWith("_"));
    const aged = older.map(([name, text]) => [name, JSON.stringify({ ...(JSON.parse(text) as RotationProof), at })]);
    await world.cluster.client.send(
      "PATCH",
      RECORD,
      { data: Object.fromEntries(aged) },
      "application/merge-patch+json",
    );
    const warning = /kms:vault writes since \d{4}-\d\d-\d\d, 100 days; maxKeyAgeDays is 90; name a new key/;
    const preview = await stack.preview(args);
    expect(said(preview)).toMatch(warning);
    unchanged(preview);
    expect(said(await stack.up(args))).toMatch(warning);
  });

  test("T5: away from KMS to a key made here, by a plan saved before it was made; `*.*` reaches what has no entry, and says what it does not", async () => {
    await stack.up({ resources: CORE, keys: { write: "2026-08", read: [vault()] } });
    for (const place of PLACES) expect(await under(place)).toEqual(["k8s:enc:secretbox:v1:2026-08:"]);
    const plan = path.join(world.dir, "second.json");
    const args = { resources: ["*.*"], keys: { write: "2026-11", read: ["2026-08"] } };
    const preview = await stack.preview(args, { plan });
    expect(said(preview)).toMatch(new RegExp(`\\*\\.\\* does not reach \\*\\., ${GIZMOS}, secrets: `));
    const run = await stack.up(args, { plan });
    expect(run.plans).toEqual(preview.plans);
    for (const place of PLACES) expect(await under(place)).toEqual(["k8s:enc:secretbox:v1:2026-08:"]);
    expect(await under("/registry/clusterroles/")).toEqual(["k8s:enc:secretbox:v1:2026-11:"]);
    unchanged(await stack.preview(args));
  });

  test("T6: an API server that starts with that file reads everything", async () => {
    const [server] = world.cluster.apiServers;
    await server.end();
    await server.start();
    const { items } = await world.cluster.client.get("/api/v1/namespaces/default/secrets");
    expect(items).toHaveLength(10);
    // 429 until its cache of custom resources is filled.
    let answer = await world.cluster.client.send("GET", `/apis/${group}/v1/gizmos`);
    for (; answer.status === 429; answer = await world.cluster.client.send("GET", `/apis/${group}/v1/gizmos`)) {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(answer).toMatchObject({ status: 200, body: { items: { length: 1 } } });
  });
});
