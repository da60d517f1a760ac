import * as fs from "fs";
import * as path from "path";
import type { VersionedCRDArgs } from "../../components";
import { checkout } from "../../local/checkout";
import { readEtcd, writeEtcd, type EtcdEntry } from "../../local/cluster/etcd";
import { startWorld, type TestStack, type World } from "./harness";

jest.setTimeout(300_000);

/** What a release left behind: the stack as `pulumi stack export` gives it, and what etcd held of the CRD and its objects. */
interface Recording {
  args: Omit<VersionedCRDArgs, "file">;
  state: unknown;
  etcd: EtcdEntry[];
}

const recordings = checkout("test", "fixtures", "state");
const { version } = JSON.parse(fs.readFileSync(checkout("package.json"), "utf8")) as { version: string };
const recording = process.env["RECORD_STATE"] === "1";
const releases = fs.existsSync(recordings) && !recording ? fs.readdirSync(recordings) : [];

const situations = {
  /** A rollout that went all the way to drop. */
  whole: { steps: ["v1", "v2"], stopAfter: "drop" },
  /** One that is held with both versions there. */
  held: { steps: ["v1", "v1-v2"], stopAfter: "migrate" },
} as const;
type Situation = keyof typeof situations;
const names = Object.keys(situations) as Situation[];

const groupOf = (situation: Situation): string => `${situation}.example.com`;
const objectsPrefix = (situation: Situation): string => `/registry/${groupOf(situation)}/databases/`;
const definitionKey = (situation: Situation): string =>
  `/registry/apiextensions.k8s.io/customresourcedefinitions/databases.${groupOf(situation)}`;

/** Without anything of the machine that records: the kubeconfig by a name beside the project, no webhook with a port. */
const KUBECONFIG = "kubeconfig.yaml";
const argsOf = (situation: Situation): Recording["args"] => ({
  kubeconfig: KUBECONFIG,
  migrator: "direct",
  stopAfter: situations[situation].stopAfter,
});

describe("the state that a release recorded", () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld(names.map((situation) => ({ group: groupOf(situation), plural: "databases" })));
  });
  afterAll(() => world.end());

  /** Project and stack are named alike at every release: both are part of each URN. */
  async function stackOf(situation: Situation): Promise<TestStack> {
    const stack = await world.stack(situation);
    fs.copyFileSync(world.kubeconfig, path.join(stack.automation.workspace.workDir, KUBECONFIG));
    return stack;
  }

  if (recording) test.each(names)(`${version} %s: is recorded`, record);

  if (!recording) {
    test("is there for this release", () => expect(releases).toContain(version));

    describe.each(releases)("%s", (release) => {
      test.each(names)("%s: imported, the same program previews empty", async (situation) => {
        const folder = path.join(recordings, release, situation);
        const { args, state, etcd } = JSON.parse(
          fs.readFileSync(path.join(folder, "recording.json"), "utf8"),
        ) as Recording;
        await bringAbout(etcd);
        const stack = await stackOf(situation);
        await stack.automation.importStack((await onThisCluster(state)) as never);
        const { operations } = await stack.preview({ ...args, file: path.join(folder, "crd.yaml") });
        const same = ["serve", "rehearse", "store", "migrate", "drop"].map((phase) => [phase, "same"]);
        expect(operations).toEqual(Object.fromEntries(same));
      });
    });
  }

  /** As if it had been recorded here: the uid of namespace kube-system is any cluster's own. */
  async function onThisCluster(state: unknown): Promise<unknown> {
    const { metadata } = await world.cluster.client.get("/api/v1/namespaces/kube-system");
    return JSON.parse(JSON.stringify(state).replace(/("clusterId":)"[^"]*"/g, `$1${JSON.stringify(metadata.uid)}`));
  }

  /** uid, generation, managedFields and annotations exactly as they were: an API server would give out its own. */
  async function bringAbout(entries: readonly EtcdEntry[]): Promise<void> {
    const newest = newestIn(entries);
    // The proof tells an etcd that was restored from before it by its revision.
    let revision = await writeEtcd(world.cluster.etcd, { key: "/test/revision", value: "" });
    while (revision < newest) revision = await writeEtcd(world.cluster.etcd, { key: "/test/revision", value: "" });
    for (const entry of entries) await writeEtcd(world.cluster.etcd, entry);
    const crd = JSON.parse(entries[0]?.value ?? "{}") as { spec: { group: string; versions: { name: string }[] } };
    for (const { name } of crd.spec.versions) {
      const objects = `/apis/${crd.spec.group}/${name}/databases`;
      while ((await world.cluster.client.send("GET", objects)).status !== 200) await sleep(100);
    }
  }

  async function record(situation: Situation): Promise<void> {
    const folder = path.join(recordings, version, situation);
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder, { recursive: true });
    const file = path.join(folder, "crd.yaml");
    const stack = await stackOf(situation);
    const args = argsOf(situation);
    for (const [index, step] of situations[situation].steps.entries()) {
      const example = fs.readFileSync(checkout("examples", "databases", `${step}.yaml`), "utf8");
      fs.writeFileSync(file, example.replace(/example\.com/g, groupOf(situation)).replace(/^#.*\n/gm, ""));
      await stack.up({ ...args, file });
      if (index === 0) await createObject(situation);
    }
    const etcd = [
      ...(await readEtcd(world.cluster.etcd, definitionKey(situation))),
      ...(await readEtcd(world.cluster.etcd, objectsPrefix(situation))),
    ];
    const made: Recording = { args, state: await stack.automation.exportStack(), etcd };
    const text = JSON.stringify(made, null, 2);
    if (text.includes(checkout())) throw new Error("the recording names a path of this machine");
    fs.writeFileSync(path.join(folder, "recording.json"), `${text}\n`);
  }

  async function createObject(situation: Situation): Promise<void> {
    const group = groupOf(situation);
    await world.cluster.client.post(`/apis/${group}/v1/namespaces/default/databases`, {
      apiVersion: `${group}/v1`,
      kind: "Database",
      metadata: { name: "old" },
      spec: { databaseName: "main", username: "owner" },
    });
  }
});

/** The highest revision that the entries speak of. */
function newestIn(entries: readonly EtcdEntry[]): bigint {
  const found = entries.flatMap(({ value }) => [...value.matchAll(/resourceVersion\\*":\\*"(\d+)/g)]);
  return found.map((match) => BigInt(match[1] ?? 0)).reduce((most, each) => (each > most ? each : most), 0n);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
