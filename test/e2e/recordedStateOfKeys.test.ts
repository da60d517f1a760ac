import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { RECORD_NAME } from "../../components/encryptionKeyRotation/proof/recordConfigMap";
import { checkout } from "../../local/checkout";
import { writeEtcd } from "../../local/cluster/etcd";
import { createSecrets, getRaw, putRaw, writeFile } from "./rotationBench";
import { COMPACTION_SECONDS, startRotationWorld, type RotationStack, type RotationWorld } from "./rotationWorld";

jest.setTimeout(300_000);

/** What a release left behind: the stack, the file, the record, and a Secret's bytes in etcd. The keys are of this recording alone. */
interface Recording {
  args: Parameters<RotationStack["up"]>[0];
  state: unknown;
  file: string;
  record: Record<string, string>;
  etcd: { key: string; base64: string }[];
}

const recordings = checkout("test", "fixtures", "state");
const { version } = JSON.parse(fs.readFileSync(checkout("package.json"), "utf8")) as { version: string };
const recording = process.env["RECORD_STATE"] === "1";

/** In the order in which they are recorded, one after the other on one stack. */
const situations = {
  /** A second rotation that went all the way to retire: its first key is archived. */
  rotated: { keys: { write: "2026-11", archive: ["2026-08"] } },
  /** A third that is held with both keys there. */
  "rotation-held": {
    keys: { write: "2027-02", read: ["2026-11"], archive: ["2026-08"] },
    stopAfter: "promote",
  },
} as const;
type Situation = keyof typeof situations;
const names = Object.keys(situations) as Situation[];
const recordedIn = (release: string, situation: Situation): string =>
  path.join(recordings, release, situation, "recording.json");
const releases =
  fs.existsSync(recordings) && !recording
    ? fs.readdirSync(recordings).filter((release) => fs.existsSync(recordedIn(release, "rotated")))
    : [];

const SECRET = "/registry/secrets/default/s-0000";
const RECORDS = "/api/v1/namespaces/kube-system/configmaps";
/** What stands for the machine's own in a recording. */
const PLACES = { dir: "/recorded", uid: "00000000-0000-4000-8000-000000000000", host: "recorded-host" };

describe("the state of a rotation that a release recorded", () => {
  let world: RotationWorld;
  let stack: RotationStack;
  let places: typeof PLACES;

  beforeAll(async () => {
    world = await startRotationWorld();
    const { metadata } = await world.cluster.client.get("/api/v1/namespaces/kube-system");
    places = { dir: world.dir, uid: metadata.uid ?? "", host: os.hostname() };
    // Project and stack are named alike at every release: both are part of each URN.
    stack = await world.stack("recorded");
  });
  afterAll(() => world.end());

  /** All of them: unit/recordedState knows no more than what is recorded. */
  const argsOf = (situation: Situation): Recording["args"] => ({
    resources: ["secrets"],
    migrator: "direct",
    requestTimeoutSeconds: 3,
    compactionIntervalSeconds: COMPACTION_SECONDS,
    targets: world.targets,
    ...(JSON.parse(JSON.stringify(situations[situation])) as Recording["args"]),
  });

  if (recording) {
    test("is recorded", async () => {
      await createSecrets(world.cluster, 1);
      await stack.up({ keys: { write: "2026-08" } });
      for (const situation of names) {
        await stack.up(argsOf(situation));
        await record(situation);
      }
    });
    return;
  }

  test("is there for this release", () => expect(releases).toContain(version));

  describe.each(releases)("%s", (release) => {
    test.each(names)("%s: imported, the same program previews empty", async (situation) => {
      const text = fs.readFileSync(recordedIn(release, situation), "utf8");
      const { args, state, ...found } = JSON.parse(moved(text, PLACES, places)) as Recording;
      await bringAbout(found);
      await stack.automation.importStack(state as never);
      const { operations } = await stack.preview(args);
      const phases = ["distribute", "promote", "migrate", "retire"];
      expect(operations).toEqual(Object.fromEntries([...phases, ...keysOf(args)].map((name) => [name, "same"])));
    });
  });

  /** As if it had been recorded here. */
  async function bringAbout({ file, record: data, etcd }: Omit<Recording, "args" | "state">): Promise<void> {
    const { cluster } = world;
    writeFile(cluster.apiServers[0], file);
    // The proof tells an etcd that was restored from before it by its revision.
    const proven = Object.values(data).flatMap((each) => /"resourceVersion":"(\d+)"/.exec(each)?.[1] ?? []);
    for (const revision of proven.map(BigInt)) {
      while ((await writeEtcd(cluster.etcd, { key: "/test/revision", value: "" })) < revision);
    }
    for (const { key, base64 } of etcd) await putRaw(cluster, key, base64);
    await cluster.client.send("DELETE", `${RECORDS}/${RECORD_NAME}`);
    await cluster.client.post(RECORDS, { metadata: { name: RECORD_NAME }, data });
    while ((await cluster.client.send("GET", "/api/v1/namespaces/default/secrets/s-0000")).status !== 200) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async function record(situation: Situation): Promise<void> {
    const { data } = (await world.cluster.client.get(`${RECORDS}/${RECORD_NAME}`)) as { data?: Record<string, string> };
    const made: Recording = {
      args: argsOf(situation),
      state: await stack.automation.exportStack(),
      file: fs.readFileSync(world.targets[0]?.file ?? "", "utf8"),
      record: data ?? {},
      etcd: [{ key: SECRET, base64: await getRaw(world.cluster, SECRET) }],
    };
    const text = moved(JSON.stringify(made, null, 2), places, PLACES);
    if (text.includes(checkout())) throw new Error("the recording names a path of this machine");
    const at = recordedIn(version, situation);
    fs.mkdirSync(path.dirname(at), { recursive: true });
    fs.writeFileSync(at, `${text}\n`);
  }
});

function keysOf({ keys: { write, read = [], archive = [] } }: Recording["args"]): string[] {
  return [write, ...read, ...archive].map((key) => `key-${key as string}`);
}

function moved(text: string, from: typeof PLACES, to: typeof PLACES): string {
  // A proof stands in the state as a text with a text in it.
  const written = (host: string): string[] => [
    `(${host})`,
    ...['"', '\\"', '\\\\\\"'].map((quote) => `${quote}${host}${quote}`),
  ];
  const hosts = written(to.host);
  const placed = text.replaceAll(from.dir, to.dir).replaceAll(from.uid, to.uid);
  return written(from.host).reduce((all, each, at) => all.replaceAll(each, hosts[at] ?? each), placed);
}
