import * as fs from "fs";
import * as path from "path";
import { FIELD_MANAGER } from "../../components/crd/names";
import { checkout } from "../../local/checkout";
import { ArgsProgram } from "./argsProgram";
import { startWorld, type World } from "./harness";

jest.setTimeout(600_000);

const group = "approved.example.com";
const plural = "gadgets";
const crd = `${plural}.${group}`;
const definitionPath = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd}`;
const objectsPath = `/apis/${group}/v1/namespaces/default/${plural}`;

type Fields = Record<string, { type: string; description?: string }>;

/** `definition({ "v1 storage": {}, v2: {} })`: each version with these fields under spec besides `size`, and v1beta1. */
function definition(versions: Record<string, Fields>) {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: crd },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind: "Gadget", plural, singular: "gadget", listKind: "GadgetList" },
      versions: Object.entries({ v1beta1: {}, ...versions }).map(([words, fields]) => ({
        name: words.split(" ")[0] ?? "",
        served: true,
        storage: words.endsWith(" storage"),
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { spec: { type: "object", properties: { size: { type: "string" }, ...fields } } },
          },
        },
      })),
    },
  };
}

/** v1 gains a field, v2 is added and takes over storage. */
const wanted = definition({ v1: { note: { type: "string" } }, "v2 storage": { note: { type: "string" } } });

describe("what was approved is carried out, or nothing is written", () => {
  let world: World;
  let program: ArgsProgram;
  let dir: string;
  let plan: string;

  beforeAll(async () => {
    dir = checkout(".local", "test", `approved-${process.pid}`);
    plan = path.join(dir, "plan.json");
    world = await startWorld([{ group, plural }]);
    program = await ArgsProgram.create(path.join(dir, "program"), "VersionedCRD");
  });
  afterAll(async () => {
    await world.end();
    fs.rmSync(dir, { recursive: true, force: true });
  });

  const ask = (manifest: object, more: object = {}): void =>
    program.ask({
      ...{ crd: manifest, kubeconfig: world.kubeconfig, requestTimeoutSeconds: 1, migrator: "direct" },
      ...more,
    });
  const live = () => world.cluster.client.get(definitionPath);
  /** What a write of the CRD moves. */
  const written = async () => {
    const { metadata, spec, status } = await live();
    return [metadata.generation, spec, status.storedVersions];
  };
  const create = (name: string) =>
    world.cluster.client.post(objectsPath, {
      ...{ apiVersion: `${group}/v1`, kind: "Gadget", metadata: { name }, spec: { size: name } },
    });

  /** Refused with the engine's own preview and without, and the CRD is as it was. Without, serve is held to the plan: it runs first. */
  async function refusedBeforeTheFirstWrite(): Promise<void> {
    const before = await written();
    for (const more of [[], ["--skip-preview"]]) {
      const output = await program.refused("up", "--yes", "--plan", plan, ...more);
      expect(output).toMatch(/:Serve::main-serve violates plan: properties changed/);
      expect(await written()).toEqual(before);
    }
  }

  test("T1: a stack with one version and objects; a plan to move to v2 is saved", async () => {
    ask(definition({ "v1 storage": {} }));
    await program.run("up", "--yes", "--skip-preview");
    for (const name of ["one", "two"]) await create(name);
    ask(wanted);
    await program.run("preview", "--save-plan", plan);
    const saved = JSON.parse(fs.readFileSync(plan, "utf8")) as { resourcePlans: Record<string, { steps: string[] }> };
    const steps = Object.entries(saved.resourcePlans).map(([urn, each]) => [urn.split("::").at(-1), each.steps.join()]);
    expect(Object.fromEntries(steps)).toMatchObject({ "main-serve": "update", "main-migrate": "update" });
  });

  test("T2: somebody edits a part of the CRD of which the plan has no sentence: refused", async () => {
    const names = (shortNames: string[]) =>
      world.cluster.client.mergePatch(definitionPath, { spec: { names: { shortNames } } });
    await names(["gad"]);
    await refusedBeforeTheFirstWrite();
    await names([]);
  });

  test("T3: a run from another branch changes a schema that the plan changes anyway, so that its sentences stay: refused", async () => {
    const apply = (manifest: object) =>
      world.cluster.client.apply(definitionPath, withOwner(manifest, annotations), FIELD_MANAGER);
    const { annotations } = (await live()).metadata;
    await apply(definition({ "v1 storage": { size: { type: "string", description: "in litres" } } }));
    await refusedBeforeTheFirstWrite();
    await apply(definition({ "v1 storage": {} }));
  });

  test("T4: storedVersions moved: refused", async () => {
    const put = (storedVersions: string[]) =>
      world.cluster.client.mergePatch(`${definitionPath}/status`, { status: { storedVersions } });
    await put(["v1beta1", "v1"]);
    await refusedBeforeTheFirstWrite();
    await put(["v1"]);
  });

  test.each([
    [
      "the manifest",
      definition({
        v1: { note: { type: "string" } },
        "v2 storage": { note: { type: "string" }, more: { type: "string" } },
      }),
      {},
    ],
    ["stopAfter", wanted, { stopAfter: "store" }],
    ["what drop may do", wanted, { ownerReferences: "rewrite" }],
    ["what drop need not search", wanted, { skipOwnerSearch: ["secrets"] }],
    ["whether drop needs a word", wanted, { requireAcknowledgement: true }],
  ])("T5: the program moved (%s): refused", async (_, manifest, more) => {
    ask(manifest, more);
    await refusedBeforeTheFirstWrite();
    ask(wanted);
  });

  test("T6: objects come and go, a label of somebody else comes: no reason to refuse; what was approved is done", async () => {
    await create("three");
    await world.cluster.client.delete(`${objectsPath}/one`);
    await world.cluster.client.mergePatch(definitionPath, { metadata: { labels: { team: "blue" } } });
    await program.run("up", "--yes", "--plan", plan);
    const { spec, status } = await live();
    expect([spec.versions.map(({ name }: { name: string }) => name), status.storedVersions]).toEqual([
      ["v1beta1", "v1", "v2"],
      ["v2"],
    ]);
    expect(await world.stored(group, plural)).toEqual({
      "default/two": `${group}/v2`,
      "default/three": `${group}/v2`,
    });
  });

  test("T7: a second time the same plan is refused: it has been carried out", async () => {
    const before = await written();
    await program.refused("up", "--yes", "--plan", plan);
    expect(await written()).toEqual(before);
    expect(await program.run("preview", "--expect-no-changes")).toMatch(/unchanged/);
  });

  const versions = async () => (await live()).spec.versions.map(({ name }: { name: string }) => name);
  /** Asks for the manifest without these versions; drop needs a word, and this is what was said. */
  const askWithout = (gone: string[], named: string[], more: object = {}): void => {
    const left = wanted.spec.versions.filter(({ name }) => !gone.includes(name));
    const acknowledge = named.map((path) => ({ check: "version-dropped", path, reason: "nobody reads it" }));
    const manifest = { ...wanted, spec: { ...wanted.spec, versions: left } };
    ask(manifest, { requireAcknowledgement: true, acknowledge, ...more });
  };

  test("T8: where drop needs a word, none and that of another version are refused, at preview and at up; held, it needs none", async () => {
    const before = await written();
    for (const named of [[], ["v1"]]) {
      askWithout(["v1beta1"], named);
      for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
        const output = await program.refused(...command);
        expect(output).toMatch(/drop removes what no acknowledgement names:\n +v1beta1\n/);
        expect(output.includes("acknowledge names version-dropped of v1, and drop removes v1beta1")).toBe(
          named.length > 0,
        );
      }
    }
    askWithout(["v1beta1"], [], { stopAfter: "migrate" });
    await program.run("up", "--yes", "--skip-preview");
    expect(await written()).toEqual(before);
  });

  test("T9: one that names the version lets it go; the unchanged program stays without changes, and is told to take it out", async () => {
    askWithout(["v1beta1"], ["v1beta1"]);
    expect(await program.run("up", "--yes", "--skip-preview")).toContain(
      "v1beta1: drop is acknowledged: nobody reads it",
    );
    expect(await versions()).toEqual(["v1", "v2"]);
    const after = await program.run("preview", "--expect-no-changes");
    expect(after).toMatch(/warning: .*acknowledge names version-dropped of v1beta1, and drop has nothing to do/);
  });

  test("T10: what is left of it does not let the next version go", async () => {
    askWithout(["v1beta1", "v1"], ["v1beta1"]);
    const output = await program.refused("up", "--yes");
    expect(output).toContain("acknowledge names version-dropped of v1beta1, and drop removes v1");
    expect(output).toMatch(/drop removes what no acknowledgement names:\n +v1\n/);
    expect(await versions()).toEqual(["v1", "v2"]);
  });
});

function withOwner(manifest: object, annotations: object): object {
  return { ...manifest, metadata: { name: crd, annotations } };
}
