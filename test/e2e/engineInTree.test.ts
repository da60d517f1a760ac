import type { Definition } from "../../components/crd/definition";
import { Cluster } from "../../components/kubernetes/cluster";
import { discoverStorageMigrationVersion, type StorageMigrationVersion } from "../../components/kubernetes/discovery";
import { type InTreeResult, migrateInTree, rewriteInTree } from "../../components/migration/inTree/inTree";
import {
  hasMigrationCondition,
  isTerminalMigration,
  newMigration,
  storageVersionMigrationSubject,
  type StorageVersionMigration,
} from "../../components/migration/inTree/storageVersionMigration";
import { type Bench, group, objectsOf, pluralOf, refusesBad, startBench } from "./engine";

jest.setTimeout(400_000);

let bench: Bench;
let migrations: string;
let version: StorageMigrationVersion;
beforeAll(async () => {
  bench = await startBench("engine-in-tree");
  version = (await discoverStorageMigrationVersion(bench.cluster)) ?? "v1";
  migrations = `/apis/storagemigration.k8s.io/${version}/storageversionmigrations`;
});
afterAll(() => bench.end());

const storedVersions = async (plural: string): Promise<string[]> =>
  (await bench.live(plural)).status?.storedVersions ?? [];

/** 1.30 fails a migration at once while its garbage collector, which looks around every 30 s, has not seen the new version. */
async function versionIsKnown(): Promise<void> {
  if (version === "v1alpha1") await new Promise((resolve) => setTimeout(resolve, 40_000));
}

/** Through the preferred version, which is another: both have one schema here, so that nothing is lost on the way. */
function migrateBack(live: Definition): Promise<InTreeResult> {
  const subject = storageVersionMigrationSubject(live);
  const crd = { name: live.metadata.name, served: [subject.resource.version] };
  return rewriteInTree(bench.cluster, { ...subject, crd }, bench.work);
}

describe("a StorageVersionMigration, guarded", () => {
  const kind = "Moved";
  const plural = pluralOf(kind);
  const OBJECTS = 200;

  test("T1 without objects none is created", async () => {
    const live = await bench.define(kind, { storage: "v1", served: ["v1"] });
    const result = await migrateInTree(bench.cluster, live, bench.work);
    expect(result).toMatchObject({ outcome: "no-objects", message: "there is no object to migrate" });
    expect((await bench.local.client.get(migrations)).items).toHaveLength(0);
  });

  test("T2 it succeeds, every object is v2 in etcd, and storedVersions still names both: our pass has not been", async () => {
    await bench.create(plural, "v1", objectsOf(kind, "v1", OBJECTS));
    const live = await bench.define(kind, { storage: "v2" });
    await versionIsKnown();
    const result = await migrateInTree(bench.cluster, live, bench.work);
    expect(result.message).toBe(`StorageVersionMigration ${result.name} succeeded`);
    expect(result.outcome).toBe("succeeded");
    expect(new Set(Object.values(await bench.stored(plural)))).toEqual(new Set([`${group}/v2`]));
    expect(await storedVersions(plural)).toEqual(expect.arrayContaining(["v1", "v2"]));
  });

  test("T3 called again for the same definition, as after a kill, it takes up the one there is", async () => {
    const before = (await bench.local.client.get(migrations)).items.length;
    const result = await migrateInTree(bench.cluster, await bench.live(plural), bench.work);
    expect(result.outcome).toBe("succeeded");
    expect((await bench.local.client.get(migrations)).items).toHaveLength(before);
  });

  test("T4 back to v1 there is none while v2 is served: it would go through that one", async () => {
    const live = await bench.define(kind, { storage: "v1" });
    const result = await migrateInTree(bench.cluster, live, bench.work);
    if (version === "v1alpha1") return expect(result.outcome).toBe("succeeded"); // which names v1
    expect(result).toMatchObject({ outcome: "converts", message: expect.stringMatching(/through v2, the preferred/) });
    expect(new Set(Object.values(await bench.stored(plural)))).toEqual(new Set([`${group}/v2`]));
  });

  test("T5 a second one leaves both named as well", async () => {
    expect((await migrateBack(await bench.live(plural))).outcome).toBe("succeeded");
    expect((await storedVersions(plural)).sort()).toEqual(["v1", "v2"]);
    expect(new Set(Object.values(await bench.stored(plural)))).toEqual(new Set([`${group}/v1`]));
  });
});

describe("a second migration, after one of someone else's", () => {
  const kinds = ["Trapped", "Guarded"];
  const back: Record<string, Definition> = {};

  test("T1 someone migrates to v2 with a StorageVersionMigration of their own", async () => {
    for (const kind of kinds) {
      await bench.define(kind, { storage: "v1" });
      await bench.create(pluralOf(kind), "v1", objectsOf(kind, "v1", 100));
      const flipped = await bench.define(kind, { storage: "v2" });
      await versionIsKnown();
      await migrateUnguarded(flipped);
    }
    // From 1.36 on the runner owns storedVersions now.
    for (const kind of kinds) {
      expect(await storedVersions(pluralOf(kind))).toEqual(version === "v1alpha1" ? ["v1", "v2"] : ["v2"]);
      back[kind] = await bench.define(kind, { storage: "v1" });
      expect((await storedVersions(pluralOf(kind))).sort()).toEqual(["v1", "v2"]);
    }
  });

  test("T2 the trap is real: a second one of theirs empties storedVersions as soon as it runs", async () => {
    const watched = watchWhileRunning("trappeds");
    await migrateUnguarded(back["Trapped"] as Definition);
    expect(await watched.end()).toEqual([version === "v1alpha1" ? "v1,v2" : "v1"]);
  });

  test("T3 ours does not: all the while both are named", async () => {
    const watched = watchWhileRunning("guardeds");
    const result = await migrateBack(back["Guarded"] as Definition);
    expect(result.outcome).toBe("succeeded");
    expect(await watched.end()).toEqual(["v1,v2"]);
    expect((await storedVersions("guardeds")).sort()).toEqual(["v1", "v2"]);
  });
});

/** As the Kubernetes tutorial does it. */
async function migrateUnguarded(live: Definition): Promise<void> {
  const { plural } = live.spec.names;
  await bench.local.client.post(migrations, newMigration(version, storageVersionMigrationSubject(live), []));
  const ended = (migration: StorageVersionMigration): boolean =>
    isTerminalMigration(migration) && !hasMigrationCondition(migration, "Running");
  const nudge = (): Promise<unknown> =>
    bench.local.client.mergePatch(`/apis/${group}/v1/namespaces/default/${plural}/o-00000`, {});
  while (!(await ofResource(plural)).every(ended)) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    await nudge();
  }
}

async function ofResource(plural: string): Promise<StorageVersionMigration[]> {
  const { items } = (await bench.local.client.get(migrations)) as { items: StorageVersionMigration[] };
  return items.filter(({ spec }) => spec?.resource?.resource === plural);
}

/** What storedVersions names while a migration of this resource is Running and has not ended. */
function watchWhileRunning(plural: string): { end(): Promise<string[]> } {
  const seen = new Set<string>();
  let ended = false;
  const isRunning = async (): Promise<boolean> =>
    (await ofResource(plural)).some(
      (migration) => hasMigrationCondition(migration, "Running") && !isTerminalMigration(migration),
    );
  const watch = async (): Promise<void> => {
    while (!ended) {
      if (!(await isRunning())) continue;
      const versions = [...(await storedVersions(plural))].sort().join(",");
      if (await isRunning()) seen.add(versions);
    }
  };
  const watching = watch();
  return {
    end: async () => {
      ended = true;
      await watching;
      return [...seen];
    },
  };
}

describe("one object that the new version refuses", () => {
  const kind = "Stuck";
  const plural = pluralOf(kind);

  test("the migration fails, and storedVersions, which the runner pruned, is put back", async () => {
    await bench.define(kind, { storage: "v1" });
    await bench.create(plural, "v1", objectsOf(kind, "v1", 3, { host: "bad" }));
    const live = await bench.define(kind, { storage: "v2", schema: { v1: refusesBad, v2: refusesBad } });
    expect(live.status?.storedVersions).toEqual(["v1", "v2"]);
    const result = await migrateInTree(bench.cluster, live, bench.work);
    if (bench.local.version === "1.30") {
      // It fails at once where its garbage collector has not seen v2, and says nothing of why. Later it waits for an event of
      // these objects, of which no write succeeds.
      expect(result.message).toMatch(/StorageVersionMigration stucks.* (failed: .*without a message|stalled: )/);
    } else {
      expect(result.outcome).toBe("failed");
      expect(result.message).toMatch(/StorageVersionMigration stucks.* failed: .*bad may not stay/s);
    }
    expect(await storedVersions(plural)).toEqual(expect.arrayContaining(["v1", "v2"]));
    expect(new Set(Object.values(await bench.stored(plural)))).toEqual(new Set([`${group}/v1`]));
  });
});

test("a user who may not create one: forbidden, and nothing is touched", async () => {
  const kind = "Denied";
  const live = await bench.define(kind, { storage: "v1", served: ["v1"] });
  await bench.create(pluralOf(kind), "v1", objectsOf(kind, "v1", 1));
  const kubeconfig = await bench.local.userKubeconfig("lister", [
    { apiGroups: [group], resources: [pluralOf(kind)], verbs: ["list"] },
  ]);
  const limited = await Cluster.connect({ kubeconfig });
  const result = await migrateInTree(limited, live, bench.work);
  expect(result.outcome).toBe("forbidden");
  expect(result.message).toMatch(/not allowed to list storageversionmigrations.storagemigration.k8s.io.*grant/s);
  expect(await storedVersions(pluralOf(kind))).toEqual(["v1"]);
});

test("no controller: stalled, and the StorageVersionMigration is gone", async () => {
  const kind = "Alone";
  await bench.define(kind, { storage: "v1" });
  await bench.create(pluralOf(kind), "v1", objectsOf(kind, "v1", 1));
  const live = await bench.define(kind, { storage: "v2" });
  await bench.local.stopControllerManager();
  const result = await migrateInTree(bench.cluster, live, bench.work);
  bench.local.startControllerManager();
  expect(result.outcome).toBe("stalled");
  expect(result.message).toMatch(/no controller took notice of it/);
  const { items } = await bench.local.client.get(migrations);
  expect(items.filter(({ metadata }: { metadata: { name: string } }) => metadata.name === result.name)).toEqual([]);
  expect(await storedVersions(pluralOf(kind))).toEqual(["v1", "v2"]);
});
