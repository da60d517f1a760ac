import type { Definition } from "../../../components/crd/definition";
import { applied, editedByOther } from "../apiServer";
import { manifest, withMetadata, withStored } from "../fixtures";
import { planDrop } from "../../../components/versionedCRD/plan";
import { plans, ran, ranUpTo } from "./rollout";

const v1 = manifest("v1 storage");
const both = manifest("v1", "v2 storage");
const v2 = manifest("v2 storage");
const NOTHING = { serve: [], rehearse: [], store: [], migrate: [], drop: [] };

async function created(wanted: Definition): Promise<Definition> {
  return (await ranUpTo("drop", undefined, wanted)) as Definition;
}

test("from [v1] to [v1, v2] to [v2]: what is planned and what is there at each instant", async () => {
  // T1: [v1] is created. Nothing is left to do, and nothing else is planned for a CRD that is not there yet.
  expect(plans(undefined, v1)).toEqual({
    ...NOTHING,
    serve: ["(none) → databases.example.com: create with v1 (served, storage); conversion None"],
  });
  const t1 = await created(v1);
  expect(t1.status?.storedVersions).toEqual(["v1"]);
  expect(plans(t1, v1)).toEqual(NOTHING);

  // T2: the manifest names v2 too. Serve adds it; storage does not move.
  const announced = plans(t1, both);
  expect(announced).toEqual({
    serve: ["(none) → v2: add, served; storage stays v1"],
    rehearse: ["v1 → v2: ask the API server by dry run about every object; writes nothing"],
    store: ["storage v1 → v2: one edit, then every API server must agree"],
    migrate: [
      "v1 → v2: rewrite every object by a StorageVersionMigration (storagemigration.k8s.io/v1), then by our own pass",
      "storedVersions [v1, v2] → [v2]: only once every object is proven rewritten",
    ],
    drop: [],
  });
  const t2 = await ran("serve", t1, both);
  expect(t2?.spec.versions.map(({ name, served, storage }) => [name, served, storage])).toEqual([
    ["v1", true, true],
    ["v2", true, false],
  ]);
  expect(plans(t2, both)).toEqual({ ...announced, serve: [] });

  // T3: storage flips. Both versions are stored from here on.
  const t3 = await ran("store", await ran("rehearse", t2, both), both);
  expect(t3?.status?.storedVersions).toEqual(["v1", "v2"]);
  expect(plans(t3, both)).toEqual({ ...NOTHING, migrate: announced.migrate });

  // T4: every object is rewritten and proven.
  const t4 = await ran("migrate", t3, both);
  expect(t4?.status?.storedVersions).toEqual(["v2"]);
  expect(plans(t4, both)).toEqual(NOTHING);

  // T5: v1 leaves the manifest. It is dropped and nothing is rewritten again.
  expect(plans(t4, v2)).toEqual({
    ...NOTHING,
    drop: ["v1 → (none): unserve, wait for requests in flight, move managedFields, remove, list everything"],
  });
  const t5 = await ran("drop", t4, v2);
  expect(t5?.spec.versions.map(({ name }) => name)).toEqual(["v2"]);
  expect(plans(t5, v2)).toEqual(NOTHING);
});

test("from [v1] to [v2] at once: all five phases are planned, and v1 stays until drop", async () => {
  const live = await created(v1);
  const planned = plans(live, v2);
  expect(Object.values(planned).every((plan) => plan.length > 0)).toBe(true);
  const migrated = await ranUpTo("migrate", live, v2);
  expect(migrated?.spec.versions.map(({ name }) => name)).toEqual(["v1", "v2"]);
  expect(plans(migrated, v2)).toEqual({ ...NOTHING, drop: planned.drop });
  expect(plans(await ran("drop", migrated, v2), v2)).toEqual(NOTHING);
});

test("a backup is planned where a version goes, and nowhere else", async () => {
  const t1 = await created(both);
  expect(planDrop(t1, ["v2"], { directory: "backups" })).toEqual([
    "v1 → (none): back up every object to backups first",
    ...planDrop(t1, ["v2"]),
  ]);
  expect(planDrop(t1, ["v2"], { command: ["velero", "--token=x"] })[0]).toBe("v1 → (none): back up by velero first");
  expect(planDrop(t1, ["v1", "v2"], { directory: "backups" })).toEqual([]);
  expect(planDrop(undefined, ["v2"], { directory: "backups" })).toEqual([]);
});

test("a version that is served from serve on is the preferred one for the plan of migrate as well", async () => {
  const unserved = manifest("v1 storage", "v2 unserved");
  const grown = editedByOther(applied(undefined, unserved), { names: { ...unserved.spec.names, categories: ["all"] } });
  const added = manifest("v1 storage", "v2");
  const planned = plans(grown, added);
  expect(planned.migrate[0]).toBe(
    "unproven → v1: rewrite every object directly (a StorageVersionMigration would convert through v2)",
  );
  expect(plans(await ran("serve", grown, added), added).migrate).toEqual(planned.migrate);
});

test("a flip back while v1 is still there is the same machine with other inputs", async () => {
  const atV2 = await ranUpTo("drop", await created(v1), both);
  const back = manifest("v1 storage", "v2");
  expect(plans(atV2, back)).toMatchObject({
    serve: [],
    store: ["storage v2 → v1: one edit, then every API server must agree"],
    migrate: [
      "v2 → v1: rewrite every object directly (a StorageVersionMigration would convert through v2)",
      "storedVersions [v2, v1] → [v1]: only once every object is proven rewritten",
    ],
  });
  const atV1 = await ranUpTo("drop", atV2, back);
  expect(atV1?.status?.storedVersions).toEqual(["v1"]);
  expect(plans(atV1, back)).toEqual(NOTHING);
});

test("a flip back before the objects were migrated goes by storedVersions, which then names both", async () => {
  const flipped = await ranUpTo("store", await created(v1), both);
  expect(plans(flipped, manifest("v1 storage", "v2")).migrate).toEqual([
    "v2 → v1: rewrite every object directly (a StorageVersionMigration would convert through v2)",
    "storedVersions [v1, v2] → [v1]: only once every object is proven rewritten",
  ]);
});

test("storedVersions [v1, v2] inherited from someone else => rehearsed and migrated without a flip", async () => {
  const inherited = withStored(await created(both), "v1", "v2");
  expect(plans(inherited, both)).toEqual({
    ...NOTHING,
    rehearse: ["v1 → v2: ask the API server by dry run about every object; writes nothing"],
    migrate: [
      "v1 → v2: rewrite every object by a StorageVersionMigration (storagemigration.k8s.io/v1), then by our own pass",
      "storedVersions [v1, v2] → [v2]: only once every object is proven rewritten",
    ],
  });
});

test("a rehearsal that reads through a version serve is about to add is planned before it is there", async () => {
  const edited = { generation: 2, managedFields: [{ manager: "kubectl" }] };
  const foreign = withMetadata(applied(undefined, manifest("v2 storage", "v3 unserved")), edited);
  const wanted = manifest("v1", "v2 storage");
  const before = plans(foreign, wanted).rehearse;
  expect(before).toEqual(["v1 → v2: ask the API server by dry run about every object; writes nothing"]);
  expect(plans(await ran("serve", foreign, wanted), wanted).rehearse).toEqual(before);
});

test("held at rehearse => a rehearsal that is done is not planned again, and one for a changed spec is", async () => {
  const held = await ranUpTo("rehearse", await created(v1), both);
  expect(plans(held, both, "rehearse").rehearse).toEqual([]);
  const renamed = { ...both, spec: { ...both.spec, names: { ...both.spec.names, shortNames: ["db"] } } };
  expect(plans(held, renamed, "rehearse").rehearse).toHaveLength(1);
});

test("a rollout that goes on after it was held at rehearse rehearses again: objects came since", async () => {
  const held = await ranUpTo("rehearse", await created(v1), both);
  expect(plans(held, both, "drop").rehearse).toHaveLength(1);
});
