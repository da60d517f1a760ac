import * as fs from "fs";
import * as path from "path";
import type { VersionedCRDArgs } from "../../components";
import { startWorld, type TestStack, type World } from "./harness";
import { createSecrets, prefixes, secretbox } from "./rotationBench";
import { startRotationWorld, type RotationStack, type RotationWorld } from "./rotationWorld";
import { createObjects, crd, definitionPath, group, manifest, objectPath, plural, resource } from "./selfies";

jest.setTimeout(300_000);

/** More than one page: the first one has 20. */
const COUNT = 60;

interface Restored {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string; labels?: object; annotations?: object };
  host: string;
  port: string;
}

describe("a backup before a drop", () => {
  let world: World;
  let stack: TestStack;
  let conversion: { url: string; caBundle: string };
  let generation: number;
  let before: Restored[];

  /** Relative to the project, in which the engine runs the phases. */
  const backups = (...below: string[]): string =>
    path.join(stack.automation.workspace.workDir, "kept", "backups", ...below);
  const args = (name: "v1" | "v1-v2" | "v2", more: Partial<VersionedCRDArgs> = {}): VersionedCRDArgs => ({
    ...{ file: manifest(name), migrator: "direct", backup: { directory: "kept/backups" } },
    ...(name !== "v1" && { conversion }),
    ...more,
  });
  const live = () => world.cluster.client.get(definitionPath);
  const nothingChanged = async (): Promise<void> => {
    const { spec, metadata } = await live();
    expect(spec.versions.map((each: { name: string; served: boolean }) => [each.name, each.served])).toEqual([
      ["v1", true],
      ["v2", true],
    ]);
    expect(metadata.generation).toBe(generation);
  };
  const objects = async (): Promise<Restored[]> => {
    const { items } = (await world.cluster.client.get(objectPath("v2"))) as { items: Restored[] };
    return items.map(({ apiVersion, kind, metadata: { name, namespace, labels, annotations }, host, port }) => ({
      ...{ apiVersion, kind, host, port },
      metadata: { name, namespace, ...(labels && { labels }), ...(annotations && { annotations }) },
    }));
  };

  beforeAll(async () => {
    world = await startWorld([resource]);
    stack = await world.stack("backup");
    const webhook = await world.webhook();
    conversion = { url: webhook.url, caBundle: webhook.caBundle };
  });
  afterAll(() => world.end());

  test("T1 nothing is dropped: nothing is saved, and the argument alone changes nothing", async () => {
    await stack.up(args("v1"));
    const owner = await world.cluster.client.post("/api/v1/namespaces/default/configmaps", {
      ...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "owner" } },
    });
    await createObjects(world.cluster.client, COUNT - 1);
    await world.cluster.client.post(objectPath("v1"), {
      ...{ apiVersion: `${group}/v1`, kind: "SelfieRequest", hostPort: "host:<1>" },
      metadata: {
        ...{ name: "rich", labels: { team: "a" }, annotations: { note: "b" } },
        ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: owner.metadata.uid }],
      },
    });
    await stack.up(args("v1-v2", { stopAfter: "migrate" }));
    const run = await stack.up(args("v1-v2", { stopAfter: "migrate", backup: { directory: "elsewhere" } }));
    expect(Object.values(run.operations)).toEqual(Array<string>(5).fill("same"));
    expect(fs.existsSync(backups())).toBe(false);
    generation = (await live()).metadata.generation as number;
    before = await objects();
    expect(before).toHaveLength(COUNT);
  });

  test("T2 a directory that cannot be made is refused at preview", async () => {
    fs.mkdirSync(path.dirname(backups()), { recursive: true });
    fs.writeFileSync(backups(), "a file");
    const message = await stack.refused(stack.preview(args("v2")));
    expect(message).toMatch(
      /backup\.directory is kept\/backups, which cannot be written: .*kept\/backups is no folder/,
    );
    fs.rmSync(backups());
    await nothingChanged();
  });

  test("T3 a program that fails stops the drop before it has changed anything", async () => {
    const command = ["sh", "-c", "echo no room for the backup; exit 3"];
    const message = await stack.refused(stack.up(args("v2", { backup: { command } })));
    expect(message).toMatch(new RegExp(`${crd}: the backup: "sh" ended with exit code 3`));
    expect(message).toMatch(/it said: no room for the backup/);
    await nothingChanged();
  });

  test("T4 the plan says it first, and the drop leaves every object as files", async () => {
    const preview = await stack.preview(args("v2"));
    expect(preview.plans["drop"]?.[0]).toBe("v1 → (none): back up every object to kept/backups first");
    expect(fs.existsSync(backups())).toBe(false);
    const run = await stack.up(args("v2"));
    expect(run.plans["drop"]).toEqual(preview.plans["drop"]);
    expect(run.messages.join("\n")).toMatch(`${COUNT} objects backed up to kept/backups/${crd}-drop-v1`);
    expect((await live()).spec.versions.map(({ name }: { name: string }) => name)).toEqual(["v2"]);
    expect(fs.readdirSync(backups())).toEqual([`${crd}-drop-v1`]);
    expect(fs.readdirSync(backups(`${crd}-drop-v1`))).toEqual([`${plural}-000001.json`, `${plural}-000002.json`]);
  });

  // No kubectl here: a server-side apply of each object, as `kubectl apply --server-side -f` sends it.
  test("T5 what is deleted afterwards is brought back by an apply of the files, in place of what was there", async () => {
    await world.cluster.client.delete(objectPath("v2"));
    await world.cluster.client.delete("/api/v1/namespaces/default/configmaps/owner");
    expect(await objects()).toEqual([]);
    const folder = backups(`${crd}-drop-v1`);
    for (const file of fs.readdirSync(folder)) {
      const { items } = JSON.parse(fs.readFileSync(path.join(folder, file), "utf8")) as { items: Restored[] };
      for (const each of items) await world.cluster.client.apply(objectPath("v2", each.metadata.name), each, "kubectl");
    }
    expect(await objects()).toEqual(before);
    const rich = await world.cluster.client.get(objectPath("v2", "rich"));
    expect(rich.metadata.ownerReferences).toBeUndefined();
  });
});

describe("a backup before retire", () => {
  let world: RotationWorld;
  let stack: RotationStack;
  const file = (): string => world.targets[0]?.file ?? "";
  const saved = (): string => path.join(world.dir, "saved");
  const save = (): { command: string[] } => ({ command: ["sh", "-c", `cat "${file()}" >> "${saved()}"`] });

  beforeAll(async () => {
    world = await startRotationWorld({ encryption: { text: secretbox("key1") } });
    await createSecrets(world.cluster, 5);
    stack = await world.stack("backup");
  });
  afterAll(() => world.end());

  test("T1 no key goes: the program is not run", async () => {
    const run = await stack.up({ keys: { write: "key2", read: ["key1"] }, backup: save() });
    expect(run.plans["retire"]?.join() ?? "").not.toContain("back up");
    expect(fs.readFileSync(file(), "utf8")).toMatch(/key2[\s\S]*key1/);
  });

  test("T2 a program that fails stops retire: the file holds the old key", async () => {
    const before = fs.readFileSync(file(), "utf8");
    const keys = { write: "key2", archive: ["key1"] };
    const refusal = await stack.refused(stack.up({ keys, backup: { command: ["sh", "-c", "exit 3"] } }));
    expect(refusal).toMatch(/secrets: the backup: "sh" ended with exit code 3/);
    expect(fs.readFileSync(file(), "utf8")).toBe(before);
  });

  test("T3 one that succeeds ran while the old key was there, once; then it goes", async () => {
    fs.rmSync(saved(), { force: true });
    const keys = { write: "key2", archive: ["key1"] };
    const preview = await stack.preview({ keys, backup: save() });
    expect(preview.plans["retire"]?.[0]).toBe("etcd: back up by sh first");
    const run = await stack.up({ keys, backup: save() });
    expect(run.plans["retire"]).toEqual(preview.plans["retire"]);
    expect(fs.readFileSync(saved(), "utf8").match(/key1/g)).toHaveLength(1);
    expect(fs.readFileSync(file(), "utf8")).not.toContain("key1");
    expect(await prefixes(world.cluster)).toEqual({ "k8s:enc:secretbox:v1:key2:": 5 });
  });
});
