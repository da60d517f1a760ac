import * as fs from "fs";
import * as path from "path";
import { ConversionWebhook, VersionedCRD } from "../../components";
import { checkout } from "../../local/checkout";
import { type EtcdEntry, readEtcd, writeEtcd } from "../../local/cluster/etcd";
import { PodRunner } from "../../local/pods/runner";
import { startWorld, type World } from "./harness";
import { ProgramStack } from "./programs";

jest.setTimeout(300_000);

interface Recorded {
  type: string;
  inputs: { metadata: { name: string; namespace: string } };
  outputs: { __fieldManager: string };
}

/** What a release left behind: the stack and the CRD. Authority and keys are of this recording alone. */
interface Recording {
  state: { deployment: { resources: Recorded[] } };
  etcd: EtcdEntry[];
}

const recordings = checkout("test", "fixtures", "state");
const { version } = JSON.parse(fs.readFileSync(checkout("package.json"), "utf8")) as { version: string };
const recording = process.env["RECORD_STATE"] === "1";
const recordedIn = (release: string): string => path.join(recordings, release, "converted", "recording.json");
const releases = fs.readdirSync(recordings).filter((release) => fs.existsSync(recordedIn(release)));

const resource = { group: "example.com", plural: "databases" };
const name = "databases-conversion";
const definition = "/registry/apiextensions.k8s.io/customresourcedefinitions/databases.example.com";
/** Beside the project: no path of a machine is in the state. */
const KUBECONFIG = "kubeconfig.yaml";
/** What stands for the machine's own in a recording. */
const UID = "00000000-0000-4000-8000-000000000000";
const PHASES = ["serve", "rehearse", "store", "migrate", "drop"];

describe("the state of a webhook that a release recorded", () => {
  let world: World;
  let stack: ProgramStack;
  let pods: PodRunner;
  let uid: string;

  beforeAll(async () => {
    pods = new PodRunner("default");
    world = await startWorld([resource], await pods.options());
    await pods.start(world.cluster.client);
    const { metadata } = await world.cluster.client.get("/api/v1/namespaces/kube-system");
    uid = metadata.uid as string;
    stack = await ProgramStack.create(path.dirname(world.kubeconfig), "recorded", KUBECONFIG, "recorded");
    fs.copyFileSync(world.cluster.kubeconfig, path.join(stack.workDir, KUBECONFIG));
  });
  afterAll(async () => {
    await pods.stop();
    await world.end();
  });

  const program = (): void => {
    const keys = [Buffer.alloc(32, 7).toString("base64")];
    const module = checkout("examples", "databases", "conversion.ts");
    const conversion = new ConversionWebhook(name, { conversion: module, keys });
    const file = checkout("examples", "databases", "v1-v2.yaml");
    const more = { kubeconfig: KUBECONFIG, requestTimeoutSeconds: 3, migrator: "direct" as const };
    new VersionedCRD("databases", { file, conversion, ...more });
  };

  /** The kubernetes provider previews an update by a dry run of it. */
  async function makeDeployment({ deployment: { resources } }: Recording["state"]): Promise<void> {
    for (const { inputs, outputs } of resources.filter(({ type }) => type === "kubernetes:apps/v1:Deployment")) {
      const { name, namespace } = inputs.metadata;
      const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
      await world.cluster.client.apply(path, inputs, outputs.__fieldManager);
    }
  }

  if (recording) {
    test("is recorded", async () => {
      await stack.up(program);
      const made: Recording = {
        state: await stack.automation.exportStack(),
        etcd: await readEtcd(world.cluster.etcd, definition),
      };
      const text = anotherServer(JSON.stringify(made, null, 2).replaceAll(uid, UID));
      if (text.includes(checkout())) throw new Error("the recording names a path of this machine");
      fs.mkdirSync(path.dirname(recordedIn(version)), { recursive: true });
      fs.writeFileSync(recordedIn(version), `${text}\n`);
    });
    return;
  }

  test("is there for this release", () => expect(releases).toContain(version));

  test.each(releases)(
    "%s: imported, a program with another server rolls that alone; authority, certificate, keys and CRD stay",
    async (release) => {
      const text = fs.readFileSync(recordedIn(release), "utf8").replaceAll(UID, uid);
      const { state, etcd } = JSON.parse(text) as Recording;
      for (const entry of etcd) await writeEtcd(world.cluster.etcd, entry);
      while ((await world.cluster.client.send("GET", "/apis/example.com/v2/databases")).status !== 200) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      await makeDeployment(state);
      await stack.automation.importStack(state as never);
      const { operations } = await stack.preview(program);
      const same = [
        ...PHASES.map((phase) => `databases-${phase}`),
        ...["authority", "tls", "keys"].map((part) => `${name}-${part}`),
      ];
      expect(operations).toMatchObject(Object.fromEntries(same.map((each) => [each, "same"])));
    },
  );
});

/** The server's code is another one in each release, and with it the names and digests made of it. It is the largest part of a state, too. */
function anotherServer(recording: string): string {
  const [, digest = ""] = /conversion-sha256": "([0-9a-f]{64})"/.exec(recording) ?? [];
  const text = recording.replaceAll(digest, "0".repeat(64)).replaceAll(digest.slice(0, 10), "0".repeat(10));
  const cut = (key: string, value: unknown): unknown => (key === "webhook.js" ? "" : value);
  return JSON.stringify(JSON.parse(text, cut), null, 2);
}
