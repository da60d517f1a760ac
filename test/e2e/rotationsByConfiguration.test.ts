import { readFileSync } from "node:fs";
import { parseConfiguration } from "../../components/encryptionKeyRotation/configuration/parseConfiguration";
import { readEtcd } from "../../local/cluster/etcd";
import { secretOf, told } from "../unit/encryptionKeyRotation/situations";
import { CliProgram } from "./cli";
import { COMPACTION_SECONDS, startRotationWorld, type RotationWorld } from "./rotationWorld";

jest.setTimeout(300_000);

/** index.ts, run by the real CLI from stack configuration alone: two rotations that write one file, with keys that are given. */
describe("two rotations by stack configuration", () => {
  let world: RotationWorld;
  let program: CliProgram;

  beforeAll(async () => {
    world = await startRotationWorld({ controllerManager: false });
    program = await CliProgram.create("rotations");
    for (const name of ["one", "two"]) {
      const body = { metadata: { name } };
      await world.cluster.client.post("/api/v1/namespaces/default/secrets", body);
      await world.cluster.client.post("/api/v1/namespaces/default/configmaps", body);
    }
    const rotation = (resource: string, key: string): object => ({
      name: resource,
      resources: [resource],
      keys: { write: { name: key, given: true } },
      targets: world.targets,
      migrator: "direct",
      requestTimeoutSeconds: 3,
      compactionIntervalSeconds: COMPACTION_SECONDS,
    });
    program.configure({
      cluster: { kubeconfig: world.cluster.kubeconfig },
      rotations: [rotation("secrets", "a"), rotation("configmaps", "b")],
    });
    for (const name of ["a", "b"])
      await program.run(
        "config",
        "set",
        "--secret",
        "--path",
        `encryptionKeys["${name}"]`,
        secretOf("secretbox", name),
      );
  });
  afterAll(async () => {
    program?.end();
    await world?.end();
  });

  const inEtcd = async (resource: string): Promise<Set<string>> =>
    new Set(
      (await readEtcd(world.cluster.etcd, `/registry/${resource}/`)).map(
        ({ value }) => /^k8s:enc:\w+:v1:\w+:/.exec(value)?.[0] ?? "plain",
      ),
    );

  test("T1: preview shows both plans, and touches nothing", async () => {
    const output = await program.run("preview");
    expect(output).toContain("secrets: [identity] → [identity, secretbox:a]");
    expect(output).toContain("configmaps: [identity] → [identity, secretbox:b]");
    expect(output).not.toContain(secretOf("secretbox", "a"));
    expect(await inEtcd("secrets")).toEqual(new Set(["plain"]));
  });

  test("T2: up runs one after the other; each resource is under its own key, in the file and in etcd", async () => {
    const output = await program.run("up", "--yes", "--skip-preview");
    expect(output).toMatch(/writeKey\s*: "secretbox:b"/);
    expect(output).not.toContain(secretOf("secretbox", "a"));
    const [target] = world.targets;
    const file = parseConfiguration(readFileSync(target?.file ?? "", "utf8"), "the file");
    expect(told(file)).toEqual(["secrets = secretbox:a", "configmaps = secretbox:b"]);
    expect(await inEtcd("secrets")).toEqual(new Set(["k8s:enc:secretbox:v1:a:"]));
    expect(await inEtcd("configmaps")).toEqual(new Set(["k8s:enc:secretbox:v1:b:"]));
  });

  test("T3: then preview is empty", async () => {
    await program.run("preview", "--expect-no-changes");
  });
});
