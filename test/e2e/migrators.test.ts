import { FIELD_MANAGER } from "../../components/crd/names";
import { checkout } from "../../local/checkout";
import type { ClusterOptions } from "../../local/cluster/cluster";
import { STORAGE_MIGRATION, startWorld, type World } from "./harness";

jest.setTimeout(400_000);

const group = "example.com";
const plural = "databases";
const definitionPath = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${group}`;
const migrations = (version: string): string => `/apis/storagemigration.k8s.io/${version}/storageversionmigrations`;
const manifest = (name: string): string => checkout("examples", "databases", `${name}.yaml`);
const OBJECTS = 40;

async function createDatabases(world: World): Promise<void> {
  for (let index = 0; index < OBJECTS; index++) {
    await world.cluster.client.post(`/apis/${group}/v1/namespaces/default/${plural}`, {
      apiVersion: `${group}/v1`,
      kind: "Database",
      metadata: { name: `db-${index}` },
      spec: { databaseName: `db-${index}`, username: "app" },
    });
  }
}

/** The guide's databases.example.com: v2 adds a field, so no webhook is needed, and [v1] → [v2] goes in one `up`. */
describe.each<{
  title: string;
  options: Partial<ClusterOptions>;
  migrator?: "direct";
  plan: RegExp;
  migrations: number;
}>([
  {
    title: "served: by a StorageVersionMigration",
    options: {},
    plan: new RegExp(`StorageVersionMigration \\(storagemigration.k8s.io/${STORAGE_MIGRATION}\\)`),
    migrations: 1,
  },
  { title: "asked to go direct: none is created", options: {}, migrator: "direct", plan: /directly$/, migrations: 0 },
  { title: "none served: direct", options: { storageMigration: "off" }, plan: /not served/, migrations: 0 },
  {
    title: "served, but no controller carries it out: stalled, then direct",
    options: { controllerManager: false },
    plan: new RegExp(`StorageVersionMigration \\(storagemigration.k8s.io/${STORAGE_MIGRATION}\\)`),
    migrations: 0,
  },
])("[v1] → [v2] in one `up`, $title", ({ options, migrator, plan, migrations: count }) => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld([{ group, plural }], options);
  });
  afterAll(() => world.end());

  test("every object is stored as v2, v1 is gone, and the unchanged program previews empty", async () => {
    const stack = await world.stack("databases");
    await stack.up({ file: manifest("v1") });
    await createDatabases(world);
    const args = { file: manifest("v2"), ...(migrator && { migrator }) };
    const preview = await stack.preview(args);
    expect(preview.plans["migrate"]?.[0]).toMatch(plan);
    const run = await stack.up(args);
    expect(run.plans).toEqual(preview.plans);
    expect(run.outputs).toMatchObject({
      phase: "drop",
      storageVersion: "v2",
      storedVersions: ["v2"],
      objectsRewritten: OBJECTS,
    });
    const stored = Object.values(await world.stored(group, plural));
    expect(stored).toHaveLength(OBJECTS);
    expect(new Set(stored)).toEqual(new Set([`${group}/v2`]));
    const live = await world.cluster.client.get(definitionPath);
    expect(live.spec.versions.map(({ name }: { name: string }) => name)).toEqual(["v2"]);
    if (options.storageMigration !== "off") {
      const made = (await world.cluster.client.get(migrations(STORAGE_MIGRATION))).items;
      expect(made).toHaveLength(count);
      // With the rights of the README we may also ask the controller to look at once.
      for (const { metadata } of made) expect(metadata.annotations).toHaveProperty([`${FIELD_MANAGER}/nudge`]);
    }
    expect(new Set(Object.values((await stack.preview(args)).operations))).toEqual(new Set(["same"]));
  });
});

describe("going back", () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld([{ group, plural }]);
  });
  afterAll(() => world.end());

  test("storage v2 → v1 while v1 is there is the same road with another manifest", async () => {
    const stack = await world.stack("back");
    await stack.up({ file: manifest("v1") });
    await createDatabases(world);
    await stack.up({ file: manifest("v1-v2"), stopAfter: "migrate", migrator: "direct" });
    expect(new Set(Object.values(await world.stored(group, plural)))).toEqual(new Set([`${group}/v2`]));
    const { spec } = await world.cluster.client.get(definitionPath);
    const crd = {
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope: spec.scope as string,
        names: spec.names,
        versions: spec.versions.map((version: { name: string; schema: { openAPIV3Schema: object } }) => ({
          ...version,
          // None may not prune: v1 must know v2's field before anything goes back to it.
          schema: spec.versions.find(({ name }: { name: string }) => name === "v2").schema,
          storage: version.name === "v1",
        })),
      },
    };
    const back = { crd, stopAfter: "migrate", migrator: "direct" } as const;
    const note = `back from v2 to v1, whose schema holds every field of v2; kubernetes-storage-migration rollback ${plural}.${group} --to v1 tells more`;
    expect((await stack.preview(back)).messages.join("\n")).toContain(note);
    const run = await stack.up(back);
    expect(run.plans["store"]).toEqual(["storage v2 → v1: one edit, then every API server must agree"]);
    expect(run.outputs).toMatchObject({ storageVersion: "v1", storedVersions: ["v1"] });
    expect(new Set(Object.values(await world.stored(group, plural)))).toEqual(new Set([`${group}/v1`]));
  });
});
