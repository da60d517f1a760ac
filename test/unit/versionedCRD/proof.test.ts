import type { Definition } from "../../../components/crd/definition";
import { DROPPING_ANNOTATION, PROOF_ANNOTATION } from "../../../components/crd/names";
import { missingStoredVersion, withOutlivedSeen } from "../../../components/migration/definition/outlivedObjects";
import { planDefinitionMigrate, planDefinitionVersionsToRehearse } from "../../../components/migration/definition/plan";
import { isDropOvertaken, whyProven } from "../../../components/migration/definition/proof";
import { recordedProof, type Proof } from "../../../components/migration/definition/recordedOnDefinition";
import { servedStage, storedStage } from "../../../components/versionedCRD/stages";
import { applied, editedByOther } from "../apiServer";
import { manifest, OWNER, withMetadata, withStored } from "../fixtures";
import { annotated, carried, proofOf } from "./rollout";

const created = applied(undefined, servedStage(manifest("v1", "v2 storage"), undefined, OWNER));
/** [v1, v2] with storage v2 and a history: nothing but a record can prove it. */
const edited = withStored(editedByOther(created, { names: { ...created.spec.names, shortNames: ["db"] } }), "v2");
const proven = (live: Definition, more: Partial<Proof> = {}) => annotated(live, PROOF_ANNOTATION, proofOf(live, more));
const withAnnotation = (text: string) => withMetadata(edited, { annotations: { [PROOF_ANNOTATION]: text } });
const listed = (live: Definition) => live.metadata.resourceVersion;

test("one version only is proof by itself", () => {
  const single = applied(undefined, manifest("v2 storage"));
  expect(whyProven(withMetadata(single, { generation: 7 }), "1")).toBe("v2 is the only version there is");
});

test("a definition unchanged since it was created is proof by itself", () => {
  expect(whyProven(created, "1")).toBe("the definition has not changed since it was created with v2");
});

test("an edited definition with two versions and no record is not proven", () => {
  expect(whyProven(edited, listed(edited))).toBeUndefined();
});

test("storedVersions [v2] is never proof", () => {
  expect(edited.status?.storedVersions).toEqual(["v2"]);
  expect(planDefinitionMigrate(edited, "v2", "direct", { listed: listed(edited) })).toEqual([
    "unproven → v2: rewrite every object directly",
    "storedVersions [v2] → [v2]: only once every object is proven rewritten",
  ]);
});

test("a record for this uid, generation and storage version is proof", () => {
  const live = proven(edited);
  expect(whyProven(live, listed(live))).toBe(
    `every object was rewritten to v2 (list at resourceVersion ${listed(edited)})`,
  );
  expect(planDefinitionMigrate(live, "v2", "direct", { listed: listed(live) })).toEqual([]);
});

test("a record counts where there is nothing to list", () => {
  expect(whyProven(proven(edited), undefined)).toContain("every object was rewritten to v2");
});

test.each<[string, Definition]>([
  ["an edit by someone else since", editedByOther(proven(edited), { scope: "Cluster" })],
  ["another uid: the CRD was deleted and made again", withMetadata(proven(edited), { uid: "uid-2" })],
  ["another storage version", proven(edited, { storageVersion: "v1" })],
  ["a resourceVersion above the live one: an etcd restored from before", proven(edited, { resourceVersion: "9999" })],
])("a record is void after %s", (_what, live) => {
  expect(whyProven(live, listed(live))).toBeUndefined();
  expect(planDefinitionMigrate(live, "v2", "direct", { listed: listed(live) })).toHaveLength(2);
});

test("resourceVersions are compared as numbers of any size", () => {
  const live = proven(edited, { resourceVersion: "9007199254740993" });
  expect(whyProven(live, "9007199254740992")).toBeUndefined();
  expect(whyProven(live, "10000000000000000")).toBeDefined();
});

test.each([
  ["not JSON", "{uid:"],
  ["another JSON", '"yes"'],
  ["an empty object", "{}"],
])("a record damaged to %s is as good as none", (_what, text) => {
  expect(whyProven(withAnnotation(text), "1000")).toBeUndefined();
});

test("storedVersions emptied by a second StorageVersionMigration => planned, although the record holds", () => {
  const live = withStored(proven(edited));
  expect(planDefinitionMigrate(live, "v2", "direct", { listed: listed(live) })).toEqual([
    "unproven → v2: rewrite every object directly",
    "storedVersions [v2] → [v2]: only once every object is proven rewritten",
  ]);
});

test.each([
  ["in-tree", "v1beta1", "by a StorageVersionMigration (storagemigration.k8s.io/v1beta1), then by our own pass"],
  ["in-tree", undefined, "directly (storagemigration.k8s.io is not served)"],
  ["direct", "v1", "directly"],
] as const)("the plan names the migrator: %s where %s is served", (migrator, storageMigrationApi, how) => {
  const [sentence] = planDefinitionMigrate(edited, "v2", migrator, { storageMigrationApi });
  expect(sentence).toBe(`unproven → v2: rewrite every object ${how}`);
});

describe("carryProof", () => {
  const ours = (live: Definition) => editedByOther(live, { names: { ...live.spec.names, categories: ["all"] } });

  test("our own edit of anything but storage carries the record to the next generation", async () => {
    const before = proven(edited, { objects: 42 });
    const after = await carried(before, ours(before));
    expect(recordedProof(after)).toEqual({ ...proofOf(edited), objects: 42, generation: 3 });
    expect(whyProven(after, listed(after))).toBeDefined();
  });

  test("what proved itself gets a record with the first edit, or a second version would need a rewrite", async () => {
    const before = applied(undefined, servedStage(manifest("v1 storage"), undefined, OWNER));
    const after = await carried(before, applied(before, servedStage(manifest("v1 storage", "v2"), before, OWNER)));
    expect(recordedProof(after)).toEqual({ ...proofOf(after), objects: 0 });
  });

  test("a definition that was not proven gets no record", async () => {
    expect(recordedProof(await carried(edited, ours(edited)))).toBeUndefined();
  });

  test("an edit that moves storage gets no new record", async () => {
    const before = proven(edited);
    const after = editedByOther(before, { versions: manifest("v1 storage", "v2").spec.versions });
    expect(await carried(before, after)).toBe(after);
  });

  test("an edit by someone else in between gets no new record", async () => {
    const before = proven(edited);
    const after = ours(editedByOther(before, { scope: "Cluster" }));
    expect(await carried(before, after)).toBe(after);
  });

  test("an apply that made no new generation leaves the record as it is", async () => {
    const before = proven(edited);
    const after = withMetadata(before, { labels: { team: "storage" } });
    expect(await carried(before, after)).toBe(after);
  });

  describe("and then by cert-manager, which injects a caBundle", () => {
    const injected = (live: Definition, caBundle = "Q0E=") =>
      editedByOther(live, { conversion: { strategy: "Webhook", webhook: { clientConfig: { caBundle } } } });

    test("of a CRD that was just created: a record for the generation with the caBundle", async () => {
      const after = await carried(undefined, created, injected(created));
      expect(whyProven(after, listed(after))).toContain("every object was rewritten to v2");
    });

    test("after our own edit: the record goes on over both", async () => {
      const before = proven(edited, { objects: 42 });
      const after = ours(before);
      expect(recordedProof(await carried(before, after, injected(after)))).toMatchObject({
        generation: 4,
        objects: 42,
      });
    });

    test("twice, or moving storage: no new record", async () => {
      const before = proven(edited);
      const twice = injected(injected(ours(before)), "Tk8=");
      expect(await carried(before, ours(before), twice)).toBe(twice);
      const moved = editedByOther(ours(before), { versions: manifest("v1 storage", "v2").spec.versions });
      expect(await carried(before, ours(before), moved)).toBe(moved);
    });
  });

  test("a CRD that was just created gets no record", async () => {
    expect(await carried(undefined, created)).toBe(created);
  });

  test("a record of another cluster lends nothing to what proves itself", async () => {
    const single = applied(undefined, servedStage(manifest("v1 storage"), undefined, OWNER));
    const before = proven(single, { uid: "uid-elsewhere", resourceVersion: "9999", objects: 77 });
    const after = await carried(before, applied(before, servedStage(manifest("v1 storage", "v2"), before, OWNER)));
    expect(recordedProof(after)).toEqual({ ...proofOf(after), objects: 0 });
  });
});

describe("objects that the definition says nothing of", () => {
  const BORN = "2026-11-02T00:00:00Z";
  const object = (creationTimestamp: string, resourceVersion: string) => ({
    metadata: { name: "one", creationTimestamp, resourceVersion },
  });
  const old = object("2026-11-01T23:59:59Z", "9000");
  const young = object(BORN, "9000");
  const fresh = withMetadata(created, { creationTimestamp: BORN });
  const single = withMetadata(applied(undefined, manifest("v2 storage")), { creationTimestamp: BORN });
  const unreadable = 'no kind "Database" is registered for version "example.com/v1"';
  const plan = (live: Definition) => planDefinitionMigrate(live, "v2", "direct", { listed: listed(live) });

  test("one is older than the definition: generation 1 proves nothing, and every served version is rehearsed", () => {
    const seen = withOutlivedSeen(fresh, { objects: [young, old] });
    expect(whyProven(seen, listed(seen))).toBeUndefined();
    expect(planDefinitionVersionsToRehearse(seen, "v2")).toEqual(["v1"]);
    expect(planDefinitionVersionsToRehearse(seen, "v1")).toEqual(["v2"]);
    expect(plan(seen)[0]).toBe("unproven → v2: rewrite every object directly");
  });

  test("before storage moves, every served version is rehearsed as well", () => {
    const three = withMetadata(applied(undefined, manifest("v1", "v2 storage", "v3")), { creationTimestamp: BORN });
    expect(planDefinitionVersionsToRehearse(three, "v3")).toEqual(["v2"]);
    expect(planDefinitionVersionsToRehearse(withOutlivedSeen(three, { objects: [old] }), "v3")).toEqual(["v2", "v1"]);
  });

  test("one is of the same second, and was not written since the definition last was: it is older", () => {
    const seen = withOutlivedSeen(fresh, { objects: [young, object(BORN, "1")] });
    expect(whyProven(seen, listed(seen))).toBeUndefined();
    const marked = { metadata: { ...young.metadata, deletionTimestamp: BORN } }; // by the deletion of the CRD before
    expect(whyProven(withOutlivedSeen(fresh, { objects: [marked] }), listed(fresh))).toBeUndefined();
  });

  test("none is older: as it was", () => {
    expect(withOutlivedSeen(fresh, { objects: [young] })).toBe(fresh);
    expect(withOutlivedSeen(fresh, {})).toBe(fresh);
  });

  test("all of them are read with the only version there is: their age does not matter", () => {
    expect(withOutlivedSeen(single, { objects: [old] })).toBe(single);
  });

  test("one cannot be read, in a version that is not there: the only version proves nothing", () => {
    const seen = withOutlivedSeen(single, { unreadable });
    expect(whyProven(seen, undefined)).toBeUndefined();
    expect(planDefinitionVersionsToRehearse(seen, "v2", { v1: true, v2: true })).toEqual(["v1"]);
    expect(plan(seen)).toHaveLength(2);
  });

  test("what the API server says besides of where the object is, is no version", () => {
    const said =
      "corrupt object, Code: 7, Key: /registry/example.com/databases/default/old, AdditionalErrorMsg: request to convert CR from an invalid group/version: example.com/v1";
    expect(missingStoredVersion(single, said)).toBe("v1");
  });

  test.each(["webhook is down", "other-example.com/v1", "example.com/v2", "/registry/example.com/databases"])(
    "unreadable for another reason: %s",
    (why) => {
      expect(withOutlivedSeen(single, { unreadable: why })).toBe(single);
    },
  );

  test("a record of every object's rewriting counts, whatever their age", () => {
    expect(withOutlivedSeen(proven(fresh), { objects: [old] })).toEqual(proven(fresh));
    const seen = withOutlivedSeen(fresh, { objects: [old] });
    expect(whyProven(proven(seen), listed(proven(seen)))).toContain("every object was rewritten to v2");
  });

  test("a record of a CRD that is gone says nothing of the one made anew", () => {
    const seen = withOutlivedSeen(fresh, { objects: [old] });
    expect(whyProven(withMetadata(seen, { uid: "uid-2" }), "1")).toBeDefined();
  });

  test("an edit of it is not taken for a proof", async () => {
    const seen = withOutlivedSeen(fresh, { objects: [old] });
    const after = editedByOther(seen, { names: { ...seen.spec.names, categories: ["all"] } });
    expect(await carried(seen, after)).toBe(after);
  });

  test("with more versions than one, that there was one goes on only where every object was read with it", async () => {
    const after = applied(single, servedStage(manifest("v1", "v2 storage"), single, OWNER));
    expect(recordedProof(await carried(single, after))).toBeDefined();
    expect(await carried(single, after, after, false)).toBe(after);
    const recorded = proven(single);
    const next = applied(recorded, servedStage(manifest("v1", "v2 storage"), recorded, OWNER));
    expect(recordedProof(await carried(recorded, next, next, false))).toMatchObject({ objects: 3, generation: 2 });
  });
});

test("a drop that was cut off leaves nothing to rewrite, unless storage moves on before it is finished", () => {
  const next = servedStage(manifest("v2", "v3 storage"), applied(undefined, manifest("v2 storage")), OWNER);
  const live = withStored(applied(applied(undefined, manifest("v2 storage")), next), "v2");
  const cutOff = annotated(live, DROPPING_ANNOTATION, { versions: ["v1"], conversion: null });
  const plan = (of: Definition, version: string) =>
    planDefinitionMigrate(of, version, "direct", { listed: listed(of) });
  expect(plan(cutOff, "v2")).toEqual([]);
  const expected = [
    "v2 → v3: rewrite every object directly",
    "storedVersions [v2, v3] → [v3]: only once every object is proven rewritten",
  ];
  expect(plan(cutOff, "v3")).toEqual(expected);
  const flipped = withStored(applied(cutOff, storedStage(cutOff, "v3")), "v2", "v3");
  expect(plan(flipped, "v3")).toEqual(expected);
});

test("a drop that was cut off is overtaken once every object was rewritten to another version since", () => {
  const next = servedStage(manifest("v2", "v3 storage"), applied(undefined, manifest("v2 storage")), OWNER);
  const live = applied(applied(undefined, manifest("v2 storage")), next);
  const cutOff = (of: Definition, storage?: string) =>
    annotated(of, DROPPING_ANNOTATION, { versions: ["v1"], conversion: null, ...(storage && { storage }) });
  const flipped = applied(live, storedStage(live, "v3"));
  const rewritten = proven(flipped);
  expect(isDropOvertaken(cutOff(rewritten, "v2"))).toBe(true);
  expect(isDropOvertaken(cutOff(flipped, "v2"))).toBe(false); // not proven
  expect(isDropOvertaken(cutOff(proven(live), "v2"))).toBe(false);
  expect(isDropOvertaken(cutOff(rewritten))).toBe(false); // of an earlier build
  expect(isDropOvertaken(rewritten)).toBe(false);
});
