import type { VersionedCRDArgs } from "../../components";
import { startWorld, type TestStack, type World } from "./harness";
import { createObjects, definitionPath, group, manifest, objectPath, plural, resource } from "./selfies";

jest.setTimeout(300_000);

const proof = "kubernetes-storage-migration/proof";

/** Tries to get past every gate in front of a step that cannot be undone. */
describe("no gate can be passed without its evidence", () => {
  let world: World;
  let stack: TestStack;
  let both: VersionedCRDArgs;
  let onlyNew: VersionedCRDArgs;

  const live = () => world.cluster.client.get(definitionPath);
  const annotate = (annotations: Record<string, string | null>) =>
    world.cluster.client.mergePatch(definitionPath, { metadata: { annotations } });
  const setStoredVersions = (storedVersions: string[]) =>
    world.cluster.client.mergePatch(`${definitionPath}/status`, { status: { storedVersions } });
  const storage = async (): Promise<string> =>
    (await live()).spec.versions.find((version: { storage: boolean }) => version.storage).name;
  const versions = async (): Promise<string[]> =>
    (await live()).spec.versions.map(({ name }: { name: string }) => name);

  beforeAll(async () => {
    world = await startWorld([resource]);
    stack = await world.stack("gates");
    const webhook = await world.webhook();
    const conversion = { url: webhook.url, caBundle: webhook.caBundle };
    both = { file: manifest("v1-v2"), conversion };
    onlyNew = { file: manifest("v2"), conversion };
    await stack.up({ file: manifest("v1") });
    await createObjects(world.cluster.client, 20);
  });
  afterAll(() => world.end());

  test("T1 store: without a rehearsal it does not flip", async () => {
    await stack.up({ ...both, stopAfter: "serve" });
    expect(await stack.refused(stack.upOnly(both, "store"))).toMatch(/no clean rehearsal of v2/);
    expect(await storage()).toBe("v1");
  });

  test("T2 store: a rehearsal of another generation does not count", async () => {
    await stack.up({ ...both, stopAfter: "rehearse" });
    await world.cluster.client.mergePatch(definitionPath, { spec: { names: { shortNames: ["selfie"] } } });
    expect(await stack.refused(stack.upOnly(both, "store"))).toMatch(/no clean rehearsal.*generation/s);
    expect(await storage()).toBe("v1");
  });

  test("T3 migrate: before storage has flipped it refuses", async () => {
    expect(await stack.refused(stack.upOnly({ ...both, stopAfter: "migrate" }, "migrate"))).toMatch(
      /storage is v1\s+expected: +v2/,
    );
    expect((await live()).status.storedVersions).toEqual(["v1"]);
  });

  test("T4 drop: with objects still stored as v1 it refuses, whatever storedVersions says", async () => {
    await stack.up({ ...both, stopAfter: "store" });
    expect(await storage()).toBe("v2");
    expect(await stack.refused(stack.upOnly(onlyNew, "drop"))).toMatch(
      /storedVersions is \[v1, v2\]\s+expected: +\[v2\]/,
    );
    await setStoredVersions(["v2"]); // as a Failed StorageVersionMigration leaves it
    expect(await stack.refused(stack.upOnly(onlyNew, "drop"))).toMatch(/no valid proof/);
    expect(await versions()).toEqual(expect.arrayContaining(["v1", "v2"]));
  });

  test("T5 drop: the proof of another CRD, of another generation or from before a restore does not count", async () => {
    await stack.up({ ...both, stopAfter: "migrate" });
    const good = JSON.parse((await live()).metadata.annotations[proof] as string) as Record<string, unknown>;
    const forgeries = [
      { ...good, uid: "00000000-0000-0000-0000-000000000000" },
      { ...good, generation: Number(good["generation"]) - 1 },
      { ...good, storageVersion: "v1" },
      { ...good, resourceVersion: "99999999999" },
    ];
    for (const forgery of forgeries) {
      await annotate({ [proof]: JSON.stringify(forgery) });
      expect(await stack.refused(stack.upOnly(onlyNew, "drop"))).toMatch(/no valid proof/);
    }
    await annotate({ [proof]: null });
    expect(await stack.refused(stack.upOnly(onlyNew, "drop"))).toMatch(/no valid proof/);
    expect(await versions()).toEqual(expect.arrayContaining(["v1", "v2"]));
  });

  test("T6: one `up` proves again and drops", async () => {
    const run = await stack.up(onlyNew);
    expect(run.plans["migrate"]?.[0]).toMatch(/^unproven → v2: rewrite every object/);
    expect(await versions()).toEqual(["v2"]);
    expect((await world.cluster.client.get(objectPath("v2"))).items).toHaveLength(20);
    expect(new Set(Object.values(await world.stored(group, plural)))).toEqual(new Set([`${group}/v2`]));
  });
});

describe("a drop that leaves something unreadable is rolled back", () => {
  let world: World;
  let stack: TestStack;
  let conversion: { url: string; caBundle: string };

  const versions = async (): Promise<string[]> =>
    (await world.cluster.client.get(definitionPath)).spec.versions.map(({ name }: { name: string }) => name).sort();

  beforeAll(async () => {
    world = await startWorld([resource]);
    stack = await world.stack("put-back");
    const webhook = await world.webhook();
    conversion = { url: webhook.url, caBundle: webhook.caBundle };
    await stack.up({ file: manifest("v1") });
    await createObjects(world.cluster.client, 5);
    await stack.up({ file: manifest("v1-v2"), conversion, stopAfter: "migrate" });
    await putIntoEtcd(world, staleObject("stale"));
  });
  afterAll(() => world.end());

  test("killed right before the removal, and v1 is wanted again: the next `up` withdraws the marker, and only that", async () => {
    const program = { file: manifest("v1-v2"), conversion };
    await stack.up(program);
    expect((await stack.preview(program)).plans).toEqual({});
    const marker = JSON.stringify({ versions: ["v1"], conversion: null });
    const annotations = { "kubernetes-storage-migration/dropping": marker };
    await world.cluster.client.mergePatch(definitionPath, { metadata: { annotations } });
    const { plans } = await stack.preview(program);
    expect(plans).toEqual({ drop: [expect.stringContaining("v1: stays; withdraw the announcement")] });
    expect((await stack.up(program)).plans).toEqual(plans);
    const { metadata } = await world.cluster.client.get(definitionPath);
    expect(metadata.annotations).not.toHaveProperty(["kubernetes-storage-migration/dropping"]); // protect would let v1 go
    expect(await versions()).toEqual(["v1", "v2"]);
    expect((await stack.preview(program)).plans).toEqual({});
  });

  test("an object put into etcd as v1 behind everyone's back => v1 is back at once, and every object reads", async () => {
    const message = await stack.refused(stack.up({ file: manifest("v2"), conversion }));
    expect(message).toMatch(/v1 is back \(unserved\) and nothing is lost/);
    expect(await versions()).toEqual(["v1", "v2"]);
    const { annotations } = (await world.cluster.client.get(definitionPath)).metadata;
    expect(annotations).not.toHaveProperty(["kubernetes-storage-migration/dropping"]); // protect would let v1 go
    expect(await objectCount(world)).toBe(6);
  });

  test("killed right after the removal, the next `up` lists everything all the same, and puts v1 back", async () => {
    const live = await world.cluster.client.get(definitionPath);
    const marker = JSON.stringify({ versions: ["v1"], conversion: live.spec.conversion });
    const annotations = { ...live.metadata.annotations, "kubernetes-storage-migration/dropping": marker };
    const onlyV2 = live.spec.versions.filter(({ name }: { name: string }) => name === "v2");
    await world.cluster.client.mergePatch(definitionPath, { metadata: { annotations }, spec: { versions: onlyV2 } });
    const message = await stack.refused(stack.up({ file: manifest("v2"), conversion }));
    expect(message).toMatch(/v1 is back \(unserved\) and nothing is lost/);
    expect(await objectCount(world)).toBe(6);
  });
});

function staleObject(name: string): object {
  const uid = "1b4e28ba-2fa1-11d2-883f-0016d3cca427";
  const metadata = { name, namespace: "default", uid, creationTimestamp: "2026-01-01T00:00:00Z" };
  return { apiVersion: `${group}/v1`, kind: "SelfieRequest", metadata, hostPort: "a:1" };
}

async function putIntoEtcd(world: World, object: object): Promise<void> {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const key = base64(`/registry/${group}/${plural}/default/stale`);
  const body = JSON.stringify({ key, value: base64(`${JSON.stringify(object)}\n`) });
  await fetch(`${world.cluster.etcd}/v3/kv/put`, { method: "POST", body });
}

/** After every edit of a CRD a LIST answers 429 for a moment, while the API server fills its cache again. */
async function objectCount(world: World): Promise<number> {
  for (;;) {
    const { status, body } = await world.cluster.client.send("GET", objectPath("v2"));
    if (status === 200) return (body as { items: unknown[] }).items.length;
    if (status !== 429) throw new Error(`LIST answered ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
