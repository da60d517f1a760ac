import type { PhaseName, VersionedCRDArgs } from "../../components";
import { PHASES } from "../../components/versionedCRD/phase";
import { CliProgram } from "./cli";
import { startWorld, type Run, type TestStack, type World } from "./harness";
import { SlowRollout } from "./slowRollout";

jest.setTimeout(300_000);

const group = "holding.example.com";
const plural = "gadgets";
const crd = `${plural}.${group}`;
const databases = { group: "example.com", plural: "databases" };
const definitionPath = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd}`;
const lockPath = `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/storage-migration-${crd}`;

/** `crdWith("v1", "v2 storage")`: every version with the same fields, so conversion None loses nothing. */
function crdWith(...versions: string[]): VersionedCRDArgs {
  const schema = { type: "object", properties: { spec: { type: "object", properties: { size: { type: "string" } } } } };
  const spec = {
    group,
    scope: "Namespaced",
    names: { kind: "Gadget", plural, singular: "gadget", listKind: "GadgetList" },
    versions: versions.map((words) => ({
      name: words.split(" ")[0] as string,
      served: true,
      storage: words.endsWith(" storage"),
      schema: { openAPIV3Schema: schema },
    })),
  };
  return { crd: { metadata: { name: crd }, spec }, migrator: "direct", requestTimeoutSeconds: 1 };
}

/** One CRD and one stack, through everything that can happen to a rollout between its beginning and its end. */
describe("a rollout that is held", () => {
  let world: World;
  let stack: TestStack;
  let old: Awaited<ReturnType<TestStack["automation"]["exportStack"]>>;

  beforeAll(async () => {
    world = await startWorld([{ group, plural }, databases]);
    stack = await world.stack("holding");
  });
  afterAll(() => world.end());

  async function create(version: string, ...names: string[]): Promise<void> {
    for (const name of names) {
      const body = { apiVersion: `${group}/${version}`, kind: "Gadget", metadata: { name }, spec: { size: name } };
      await world.cluster.client.post(`/apis/${group}/${version}/namespaces/default/${plural}`, body);
    }
  }

  /** How many objects are stored in each version, as etcd's own bytes say. */
  async function stored(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const apiVersion of Object.values(await world.stored(group, plural))) {
      const version = apiVersion.split("/")[1] ?? "";
      counts[version] = (counts[version] ?? 0) + 1;
    }
    return counts;
  }

  async function standing(): Promise<{ versions: string[]; storage: string; stored: string[] }> {
    const { spec, status } = await world.cluster.client.get(definitionPath);
    const versions = spec.versions as { name: string; storage: boolean }[];
    const storage = versions.find((version) => version.storage)?.name ?? "";
    return { versions: versions.map(({ name }) => name).sort(), storage, stored: status.storedVersions as string[] };
  }

  const changed = (run: Run): string[] => PHASES.filter((phase) => run.operations[phase] !== "same");
  const someoneEdits = (shortNames: string[]) =>
    world.cluster.client.mergePatch(definitionPath, { spec: { names: { shortNames } } });

  test("T1: v1alpha1 is installed and has objects", async () => {
    await stack.up(crdWith("v1alpha1 storage"));
    await create("v1alpha1", "a-1", "a-2", "a-3");
    expect(await stored()).toEqual({ v1alpha1: 3 });
    old = await stack.automation.exportStack();
  });

  // With store, one object is rewritten: the one by which the API servers were asked whether they agree.
  test.each<[PhaseName, string, Record<string, number>]>([
    ["serve", "v1alpha1", { v1alpha1: 3 }],
    ["rehearse", "v1alpha1", { v1alpha1: 3 }],
    ["store", "v1beta1", { v1alpha1: 2, v1beta1: 1 }],
  ])(
    "T2: stopAfter %s runs up to there and no further: storage %s, objects stored as %j",
    async (stopAfter, storage, objects) => {
      const run = await stack.up({ ...crdWith("v1alpha1", "v1beta1 storage"), stopAfter });
      expect(Object.keys(run.plans)).toContain(stopAfter);
      expect(changed(run)).toContain(stopAfter);
      for (const held of PHASES.slice(PHASES.indexOf(stopAfter) + 1)) expect(run.operations[held]).toBe("same");
      expect(await standing()).toEqual({
        versions: ["v1alpha1", "v1beta1"],
        storage,
        stored: Object.keys(objects),
      });
      expect(await stored()).toEqual(objects);
    },
  );

  test("T3: lowering stopAfter reverses nothing", async () => {
    await create("v1beta1", "b-1", "b-2");
    const run = await stack.up({ ...crdWith("v1alpha1", "v1beta1 storage"), stopAfter: "serve" });
    expect(changed(run)).toEqual([]);
    expect(await standing()).toMatchObject({ storage: "v1beta1", stored: ["v1alpha1", "v1beta1"] });
    expect(await stored()).toEqual({ v1alpha1: 2, v1beta1: 3 });
  });

  test("T4: flipped back half way, held at migrate: every object is stored as before", async () => {
    const run = await stack.up({ ...crdWith("v1alpha1 storage", "v1beta1"), stopAfter: "migrate" });
    expect(run.plans["store"]).toEqual(["storage v1beta1 → v1alpha1: one edit, then every API server must agree"]);
    expect(run.outputs).toMatchObject({ phase: "migrate", storageVersion: "v1alpha1", storedVersions: ["v1alpha1"] });
    expect(await stored()).toEqual({ v1alpha1: 5 });
    expect((await standing()).versions).toEqual(["v1alpha1", "v1beta1"]);
  });

  test("T5: held at store with objects in both versions; weeks pass: the state is lost, the CRD edited, a dead run's lock left", async () => {
    await stack.up({ ...crdWith("v1alpha1", "v1beta1 storage"), stopAfter: "store" });
    await create("v1beta1", "b-3", "b-4");
    expect(await stored()).toEqual({ v1alpha1: 4, v1beta1: 3 });
    await someoneEdits(["gg"]);
    const spec = { holderIdentity: "a run of long ago", renewTime: "2026-01-01T00:00:00.000000Z" };
    await world.cluster.client.mergePatch(lockPath, { spec });
    const { deployment, ...rest } = await stack.automation.exportStack();
    await stack.automation.importStack({ ...rest, deployment: { ...(deployment as object), resources: [] } });
  });

  test("T6: v1alpha1, v1beta1 → v1 in one `up`; operators roll between the phases they were told to roll between", async () => {
    const args: VersionedCRDArgs = {
      ...crdWith("v1 storage"),
      before: {
        store: ({ serve }) => [new SlowRollout("reads-v1", 1_000, [serve])],
        drop: ({ migrate }) => [new SlowRollout("only-v1", 1_000, [migrate])],
      },
    };
    const preview = await stack.preview(args);
    const run = await stack.up(args);
    expect(Object.keys(run.plans)).toEqual([...PHASES]);
    expect(run.plans).toEqual(preview.plans); // although the operators are not there yet when preview runs
    expect(run.plans["store"]).toEqual(["storage v1beta1 → v1: one edit, then every API server must agree"]);
    expect(inOrder(run, "crd-serve", "reads-v1", "crd-store", "crd-migrate", "only-v1", "crd-drop")).toBe(true);
    expect(run.outputs).toMatchObject({ phase: "drop", storageVersion: "v1", storedVersions: ["v1"] });
    expect(await standing()).toEqual({ versions: ["v1"], storage: "v1", stored: ["v1"] });
    expect(await stored()).toEqual({ v1: 7 });
    expect(new Set(Object.values((await stack.preview(args)).operations))).toEqual(new Set(["same"]));
  });

  test("T7: held at migrate; weeks pass: new objects, an edit after the proof, a state from before it all: one `up` finishes", async () => {
    await stack.up({ ...crdWith("v1", "v2 storage"), stopAfter: "migrate" });
    await create("v1", "c-1");
    await create("v2", "c-2");
    await someoneEdits(["gd"]);
    await stack.automation.importStack(old);
    const preview = await stack.preview(crdWith("v2 storage"));
    expect(preview.plans["migrate"]?.[0]).toBe("unproven → v2: rewrite every object directly");
    const run = await stack.up(crdWith("v2 storage"));
    expect(run.plans).toEqual(preview.plans);
    expect(await standing()).toEqual({ versions: ["v2"], storage: "v2", stored: ["v2"] });
    expect(await stored()).toEqual({ v2: 9 });
    expect((await world.cluster.client.get(definitionPath)).spec.names.shortNames).toEqual(["gd"]);
  });

  test("T8: by configuration alone the program is held where its stack says, at serve, and elsewhere not at all", async () => {
    const program = await CliProgram.create("holding");
    const preview = async (version: string, more: object, command = ["preview"]): Promise<string[]> => {
      const file = `examples/databases/${version}.yaml`;
      const entry = { name: "databases", file, requestTimeoutSeconds: 1, ...more };
      program.configure({ cluster: { kubeconfig: world.kubeconfig }, crds: [entry] });
      const output = await program.run(...command);
      return PHASES.filter((phase) => new RegExp(`[~+] .*databases-${phase} `).test(output));
    };
    try {
      await preview("v1", {}, ["up", "--yes", "--skip-preview"]);
      expect(await preview("v1-v2", { stopAfter: "serve" })).toEqual(["serve"]);
      expect(await preview("v1-v2", {})).toEqual(["serve", "rehearse", "store", "migrate"]);
    } finally {
      program.end();
    }
  });
});

/** Each of these ended before the next one began. */
function inOrder({ order }: Run, ...names: string[]): boolean {
  return names.slice(1).every((name, index) => {
    const end = order.indexOf(`end ${names[index]}`);
    return end !== -1 && end < order.indexOf(`begin ${name}`);
  });
}
