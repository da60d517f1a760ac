import type { VersionedCRDArgs } from "../../components";
import { startWorld, type Run, type TestStack, type World } from "./harness";
import { crd, definitionPath, group, manifest, objectPath, plural, tutorialPlan } from "./selfies";

jest.setTimeout(300_000);

const definition = definitionPath;
const objects = (version: string): string => objectPath(version);

describe("the tutorial's CRD moves from v1 to v2", () => {
  let world: World;
  let stack: TestStack;
  let args: VersionedCRDArgs;
  let webhook: Awaited<ReturnType<World["webhook"]>>;

  beforeAll(async () => {
    world = await startWorld([{ group, plural }]);
    stack = await world.stack("selfies");
    webhook = await world.webhook();
  });
  afterAll(() => world.end());

  const unchanged = (run: Run): void => expect(new Set(Object.values(run.operations))).toEqual(new Set(["same"]));

  test("T1: v1 alone is installed, and objects are created through it", async () => {
    args = { file: manifest("v1") };
    const preview = await stack.preview(args);
    expect(preview.plans).toEqual({ serve: [`(none) → ${crd}: create with v1 (served, storage); conversion None`] });
    const run = await stack.up(args);
    expect(run.outputs).toMatchObject({ phase: "drop", storageVersion: "v1", storedVersions: ["v1"] });
    for (let index = 0; index < 25; index++) {
      await world.cluster.client.apply(
        `${objects("v1")}/old-${index}`,
        {
          apiVersion: `${group}/v1`,
          kind: "SelfieRequest",
          metadata: { name: `old-${index}` },
          hostPort: `host-${index}:8080`,
        },
        "people",
      );
    }
    unchanged(await stack.preview(args));
  });

  test("T2: with v2 in the manifest, preview shows every phase and changes nothing", async () => {
    args = {
      file: manifest("v1-v2"),
      conversion: { url: webhook.url, caBundle: webhook.caBundle },
      stopAfter: "migrate",
    };
    const run = await stack.preview(args);
    expect(run.plans).toEqual(tutorialPlan(webhook.url));
    expect((await world.cluster.client.get(definition)).spec.versions).toHaveLength(1);
  });

  test("T3: up, held at migrate, rewrites every object; the plan is the one that preview showed", async () => {
    const preview = await stack.preview(args);
    const run = await stack.up(args);
    expect(run.plans).toEqual(preview.plans);
    expect(run.outputs).toMatchObject({
      phase: "migrate",
      storageVersion: "v2",
      storedVersions: ["v2"],
      objectsRewritten: 25,
    });
    const stored = Object.values(await world.stored(group, plural));
    expect(stored).toHaveLength(25);
    expect(new Set(stored)).toEqual(new Set([`${group}/v2`]));
    const live = await world.cluster.client.get(definition);
    expect(live.status.storedVersions).toEqual(["v2"]);
    const proof = JSON.parse(live.metadata.annotations["kubernetes-storage-migration/proof"] as string) as object;
    expect(proof).toMatchObject({
      uid: live.metadata.uid,
      generation: live.metadata.generation,
      storageVersion: "v2",
      objects: 25,
    });
    const old = await world.cluster.client.get(`${objects("v1")}/old-7`);
    expect(old.hostPort).toBe("host-7:8080");
  });

  test("T4: unchanged, preview shows nothing, twice in a row and after a refresh", async () => {
    unchanged(await stack.preview(args));
    unchanged(await stack.preview(args));
    await stack.automation.refresh();
    unchanged(await stack.preview(args));
  });

  test("T5: v1 leaves the manifest, and the drop leaves no trace of it", async () => {
    args = { file: manifest("v2") };
    const preview = await stack.preview(args);
    expect(preview.plans["drop"]).toEqual([
      "v1 → (none): unserve, wait for requests in flight, move managedFields, remove, list everything",
    ]);
    const run = await stack.up(args);
    expect(run.plans).toEqual(preview.plans);
    const live = await world.cluster.client.get(definition);
    expect(live.spec.versions.map(({ name }: { name: string }) => name)).toEqual(["v2"]);
    expect(live.spec.conversion.strategy).toBe("None");
    unchanged(await stack.preview(args));
  });

  test("T6: with the webhook gone, old objects read, and server-side apply on them works", async () => {
    await webhook.close();
    const list = await world.cluster.client.get(objects("v2"));
    expect(list.items).toHaveLength(25);
    const applied = await world.cluster.client.apply(
      `${objects("v2")}/old-3`,
      { apiVersion: `${group}/v2`, kind: "SelfieRequest", metadata: { name: "old-3" }, host: "host-3", port: "9090" },
      "people",
    );
    expect(applied.port).toBe("9090");
  });
});
