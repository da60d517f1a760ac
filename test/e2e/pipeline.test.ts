import * as fs from "fs";
import * as path from "path";
import { parse, stringify } from "yaml";
import { readEtcd } from "../../local/cluster/etcd";
import { checkout } from "../../local/checkout";
import { ExampleProject, type Ended } from "./exampleProject";
import { startWorld, type World } from "./harness";

jest.setTimeout(600_000);

const group = "example.com";
const plural = "databases";
const definitionPath = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${group}`;
/** staging differs from dev by values of its configuration only: a third control plane would show nothing else. */
const STACKS = ["dev", "prod"] as const;
type Stack = (typeof STACKS)[number];

/** examples/pipeline, run as its pipeline runs it: one program, a cluster for each stack, promotion by configuration alone. */
describe("examples/pipeline", () => {
  const dir = checkout(".local", "test", `pipeline-${process.pid}`);
  const worlds = {} as Record<Stack, World>;
  let project: ExampleProject;
  /** Without what None would lose through v1. */
  const manifest = (name: string): string =>
    fs
      .readFileSync(checkout("examples", "databases", `${name}.yaml`), "utf8")
      .replace(/ +password:\n +type: string\n +format: password\n/, "");

  beforeAll(async () => {
    for (const stack of STACKS) worlds[stack] = await startWorld([{ group, plural }]);
    const kubeconfig = path.join(dir, "kubeconfig");
    fs.mkdirSync(dir, { recursive: true });
    fs.writeFileSync(kubeconfig, joined(), { mode: 0o600 });
    project = await ExampleProject.create(dir, "pipeline", { KUBECONFIG: kubeconfig });
    for (const stack of STACKS) {
      expect(await pulumi("stack", "init", stack)).toMatchObject({ code: 0 });
      // As these API servers have it: with Kubernetes' own 60 the test would wait for minutes.
      const set = await pulumi("config", "set", "requestTimeoutSeconds", "1", "--stack", stack);
      expect(set).toMatchObject({ code: 0 });
    }
    await project.commit("stacks");
  });
  afterAll(async () => {
    for (const stack of STACKS) await worlds[stack].end();
    fs.rmSync(dir, { recursive: true, force: true });
  });

  /** One kubeconfig with a context for each stack, as the stacks' configuration names them. */
  function joined(): string {
    const parts = STACKS.map((stack) => parse(fs.readFileSync(worlds[stack].kubeconfig, "utf8")) as Kubeconfig);
    const named = <T extends { name: string }>(list: (part: Kubeconfig) => T[]): T[] =>
      parts.map((part, index) => ({ ...(list(part)[0] as T), name: STACKS[index] as string }));
    const contexts = STACKS.map((name) => ({ name, context: { cluster: name, user: name } }));
    return stringify({
      ...parts[0],
      "current-context": "",
      ...{ clusters: named((part) => part.clusters), users: named((part) => part.users), contexts },
    });
  }

  const pulumi = (...args: string[]): Promise<Ended> => project.run("pulumi", [...args, "--non-interactive"]);
  const step = (name: string, ...args: string[]): Promise<Ended> =>
    project.run(path.join(project.dir, "steps", name), args, { BASE: "main" });
  const live = (stack: Stack) => worlds[stack].cluster.client.get(definitionPath);
  const versions = async (stack: Stack): Promise<unknown[]> => {
    const { spec, status } = await live(stack);
    return [spec.versions.map(({ name }: { name: string }) => name), status.storedVersions];
  };
  const stored = async (stack: Stack): Promise<string[]> =>
    (await readEtcd(worlds[stack].cluster.etcd, `/registry/${group}/${plural}/`)).map(
      ({ value }) => (JSON.parse(value) as { apiVersion: string }).apiVersion,
    );

  /** What the pipeline does for a pull request that changes these files, and what it does once that is merged. */
  async function pullRequest(change: () => void): Promise<string> {
    await project.git("checkout", "-q", "-b", "change");
    change();
    await project.commit("change");
    fs.rmSync(path.join(project.dir, "out"), { recursive: true, force: true });
    expect(await step("check")).toMatchObject({ code: 0 });
    for (const stack of STACKS) expect([stack, await step("preview", stack)]).toMatchObject([stack, { code: 0 }]);
    const { code, output } = await step("comment");
    expect(code).toBe(0);
    return output;
  }
  async function merge(): Promise<void> {
    await project.git("checkout", "-q", "main");
    await project.git("merge", "-q", "--ff-only", "change");
    await project.git("branch", "-q", "-d", "change");
    for (const stack of STACKS) expect([stack, await step("up", stack)]).toMatchObject([stack, { code: 0 }]);
  }
  const setStopAfter = (stack: Stack, phase: string): void => {
    const file = `Pulumi.${stack}.yaml`;
    project.write(file, project.read(file).replace(/(stopAfter: )\w+/, `$1${phase}`));
  };

  test("T1: the first merge makes the CRD in each cluster", async () => {
    const comment = await pullRequest(() => undefined);
    for (const stack of STACKS) expect(comment).toContain(`### ${stack}\n`);
    await merge();
    for (const stack of STACKS) {
      expect(await versions(stack)).toEqual([["v1"], ["v1"]]);
      const spec = { databaseName: "orders", username: "orders" };
      await worlds[stack].cluster.client.post(`/apis/${group}/v1/namespaces/default/${plural}`, {
        ...{ apiVersion: `${group}/v1`, kind: "Database", metadata: { name: "orders" }, spec },
      });
    }
  });

  test("T2: a pull request that breaks clients fails its check, and the comment says why", async () => {
    await project.git("checkout", "-q", "-b", "breaks");
    project.write("crds/databases.yaml", manifest("v1").replace(/ +username:\n +type: string\n/, ""));
    await project.commit("breaks");
    expect(await step("check")).toMatchObject({ code: 1 });
    expect((await step("comment")).output).toContain("1 error");
    await project.git("checkout", "-q", "main");
  });

  test("T3: a pull request adds v2: the comment shows what each cluster will do, and nothing has changed", async () => {
    const comment = await pullRequest(() => project.write("crds/databases.yaml", manifest("v1-v2")));
    expect(comment).toMatch(/### dev\n[^]*v1 → v2: rewrite every object/);
    expect(comment).toMatch(/### prod\n[^]*\(none\) → v2: add, served; storage stays v1/);
    expect(project.read("out/prod.md")).not.toContain("rewrite every object");
    for (const stack of STACKS) expect(await versions(stack)).toEqual([["v1"], ["v1"]]);
  });

  test("T4: merged, dev has migrated, prod serves v2 and stores v1: the manifest is the same", async () => {
    await merge();
    expect(await Promise.all(STACKS.map(versions))).toEqual([
      [["v1", "v2"], ["v2"]],
      [["v1", "v2"], ["v1"]],
    ]);
    expect(await Promise.all(STACKS.map(stored))).toEqual([["example.com/v2"], ["example.com/v1"]]);
  });

  test("T5: each night's drift job is content, also with a stack that is held", async () => {
    for (const stack of STACKS) expect([stack, await step("drift", stack)]).toMatchObject([stack, { code: 0 }]);
  });

  test("T6: promotion changes one line of prod's configuration; what was approved is not done to a CRD that moved since", async () => {
    await pullRequest(() => setStopAfter("prod", "migrate"));
    const names = (shortNames: string[]) =>
      worlds.prod.cluster.client.mergePatch(definitionPath, { spec: { names: { shortNames } } });
    await names(["db"]);
    const { code, output } = await step("up", "prod");
    expect([code === 0, output]).toEqual([false, expect.stringContaining("violates plan")]);
    expect(await stored("prod")).toEqual(["example.com/v1"]);
    await names([]);
    await merge();
    expect([await versions("prod"), await stored("prod")]).toEqual([[["v1", "v2"], ["v2"]], ["example.com/v2"]]);
  });

  test("T7: v1 leaves the manifest: dev drops it, prod holds it until it is promoted", async () => {
    await pullRequest(() => project.write("crds/databases.yaml", manifest("v2")));
    await merge();
    expect(await Promise.all(STACKS.map(versions))).toEqual([
      [["v2"], ["v2"]],
      [["v1", "v2"], ["v2"]],
    ]);
    for (const stack of STACKS) expect([stack, await step("drift", stack)]).toMatchObject([stack, { code: 0 }]);
  });

  test("T8: somebody edits the CRD in prod: the drift job fails and says what", async () => {
    const { spec } = await live("prod");
    const edited = spec.versions.map((version: object) => ({ ...version, deprecated: true }));
    await worlds.prod.cluster.client.mergePatch(definitionPath, { spec: { versions: edited } });
    const { code, output } = await step("drift", "prod");
    expect([code === 0, output]).toEqual([false, expect.stringContaining("databases.example.com")]);
  });
});

interface Kubeconfig {
  clusters: { name: string }[];
  users: { name: string }[];
}
