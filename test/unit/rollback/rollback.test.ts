import type { Schema } from "../../../components/crd/definition";
import { OWNER_ANNOTATION, PROOF_ANNOTATION } from "../../../components/crd/names";
import { describeProblem } from "../../../components/kubernetes/problem";
import { decideRollback } from "../../../components/rollback/rollback";
import { CRD, manifest, version, schema, webhook, withMetadata, withSpec, withStored } from "../fixtures";
import { all, facts, moved, object } from "./seen";

const decide = (given: Parameters<typeof facts>[0] = {}) => decideRollback(facts(given), "");
const blockers = (given: Parameters<typeof facts>[0] = {}): string[] => decide(given).blockers.map(({ what }) => what);
const tiered = object("a", { host: "h", tier: "gold" });
const plain = object("b", { host: "h" });
/** Once stored in v3, which is not served any more. */
const unserved = withMetadata(withStored(manifest("v1", "v2 storage", "v3 unserved"), "v1", "v2", "v3"), {
  uid: "u",
  generation: 3,
});

describe("fields that only the newer version holds, with conversion None", () => {
  test("an object that has one blocks, and the error says in how many", () => {
    const { blockers } = decide({ read: { v2: all(tiered, plain) } });
    expect(blockers.map(describeProblem)).toEqual([
      `${CRD}: conversion is None, and v1's schema does not hold what objects stored as v2 may have (all 2 objects read):
    .spec.tier: 1 object
  expected: every field that an object has, in v1 as well
  why:      once v1 is the storage version, each write of such an object deletes them
  next:     add them to v1 in the manifest, or give a conversion webhook that keeps them, or take them out of the objects; then run this command again`,
    ]);
  });

  test("that every object was read and none has one blocks nothing, and the field is named all the same", () => {
    const decided = decide({ read: { v2: all(plain) } });
    expect(decided.blockers).toEqual([]);
    expect(decided.lost).toEqual([
      { version: "v2", blocks: false, looked: "the only object read", fields: [{ field: ".spec.tier", objects: 0 }] },
    ]);
  });

  test.each([
    ["there are more objects than were read", { state: "read", objects: [plain], isAll: false } as const],
    ["nobody may list them", { state: "forbidden" } as const],
    ["the version is not served", { state: "not served" } as const],
  ])("where %s it blocks: nobody knows", (_, read) => {
    expect(blockers({ read: { v2: read } })).toEqual([expect.stringContaining("conversion is None, and v1's schema")]);
  });

  test("an object that may still be stored in a newer version than the storage version counts, too", () => {
    const back = withStored(
      withMetadata(manifest(version("v1 storage", schema("host")), version("v2", schema("host", "tier"))), {
        generation: 4,
      }),
      "v1",
      "v2",
    );
    expect(blockers({ live: back, read: { v1: all(plain), v2: all(tiered) } })).toEqual([
      expect.stringContaining("what objects stored as v2 may have"),
    ]);
  });
});

test("with a webhook the fields are named and block nothing: the webhook decides", () => {
  const live = withSpec(moved, { conversion: webhook() });
  const decided = decide({ live, read: { v2: all(tiered) } });
  expect(decided).toMatchObject({ blockers: [], conversion: "Webhook" });
  expect(decided.lost).toMatchObject([{ fields: [{ field: ".spec.tier", objects: 1 }] }]);
});

test.each<[string, Parameters<typeof facts>[0], RegExp]>([
  ["the version was dropped", { to: "v1beta1" }, /v1beta1 is not in spec\.versions: it was dropped already/],
  [
    "the CRD is being deleted",
    { live: withMetadata(moved, { deletionTimestamp: "2026-11-01T00:00:00Z" }) },
    /it is being deleted since 2026-11-01T00:00:00Z/,
  ],
  [
    "a webhook converts what is stored in a version that is not served",
    { live: withSpec(unserved, { conversion: webhook() }) },
    /objects may be stored in v3, which is not served/,
  ],
  ["storedVersions names what is not there", { live: withStored(moved, "v1", "v2", "v3") }, /names v3, which/],
  ["its objects cannot be listed", { read: { v2: { state: "unreadable", why: "broken" } } }, /listed as v2: broken$/],
  [
    "the conversion does not answer",
    { conversion: { state: "failed", why: "refused" } },
    /an object cannot be read as v1: refused$/,
  ],
])("%s: that blocks, and says what to do", (_, given, said) => {
  const found = decide({ ...given }).blockers.filter(({ what }) => said.test(what));
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({ expected: expect.any(String) as string, next: expect.any(String) as string });
});

test("objects whose values the older schema refuses are named with conversion None, and block nothing: they may pass", () => {
  const short: Schema = { type: "object", properties: { host: { type: "string", maxLength: 1 } } };
  const v1 = version("v1", { type: "object", properties: { spec: short } });
  const live = withStored(manifest(v1, version("v2 storage", schema("host"))), "v2");
  const decided = decide({ live, read: { v2: all(object("a", { host: "long" }), object("b", { host: "x" })) } });
  expect(decided.blockers).toEqual([]);
  expect(decided.refused).toEqual([
    expect.stringMatching(/^all 2 objects read: 1 breaks the schema of v1. .+\n {4}default\/a: spec\.host /),
  ]);
  const converted = withSpec(live, { conversion: webhook() });
  expect(decide({ live: converted, read: { v2: all(object("a", { host: "long" })) } }).refused).toEqual([]);
});

test("the clients are the managers that wrote through newer versions, those with the most objects first", () => {
  const entry = (manager: string, version: string) => ({ manager, apiVersion: `example.com/${version}`, time: "t" });
  const managedFields = [entry("operator", "v2"), entry("kubectl", "v1"), entry("kubernetes-storage-migration", "v2")];
  const read = {
    v2: all(
      object("a", {}, { managedFields }),
      object("b", {}, { managedFields: [entry("ui", "v2"), ...managedFields] }),
    ),
  };
  expect(decide({ read }).clients).toEqual([
    {
      version: "v2",
      managers: [
        { manager: "operator", objects: 2, last: "t" },
        { manager: "ui", objects: 1, last: "t" },
      ],
    },
  ]);
});

describe("what was written since the move", () => {
  const proof = { uid: "uid-1", generation: 3, storageVersion: "v2", resourceVersion: "50", objects: 2 };
  const proven = (more: object = {}) =>
    withMetadata(moved, { annotations: { [PROOF_ANNOTATION]: JSON.stringify({ ...proof, ...more }) } });
  const read = { v2: all(object("a", {}, { resourceVersion: "50" }), object("b", {}, { resourceVersion: "51" })) };

  test("a proof of the present storage version tells, by its resourceVersion", () => {
    expect(decide({ live: proven(), read }).writtenSince).toBe(1);
  });

  test.each([
    ["another storage version", { storageVersion: "v1" }],
    ["another CRD of that name", { uid: "uid-0" }],
    ["a resourceVersion that is none", { resourceVersion: "?" }],
  ])("one of %s tells nothing, and that is said", (_, more) => {
    const decided = decide({ live: proven(more), read });
    expect(decided.writtenSince).toBeUndefined();
    expect(decided.notLookedAt[0]).toMatch(/^which objects were written since the move to v2: the CRD has no proof/);
  });

  test("a valid proof shows that nothing is stored as v1", () => {
    const may = (live: typeof moved) =>
      decide({ live, read })
        .versions.filter(({ mayBeStored }) => mayBeStored)
        .map(({ name }) => name);
    expect([may(proven()), may(proven({ generation: 2 }))]).toEqual([["v2"], ["v1", "v2"]]);
  });
});

test("what was not looked at is said: objects beyond the first, and those that may not be listed", () => {
  const some = { state: "read", objects: [plain], isAll: false } as const;
  const conversion = { state: "forbidden" } as const;
  expect(decide({ read: { v2: some, v3: { state: "forbidden" } }, conversion }).notLookedAt.slice(0, 3)).toEqual([
    "objects as v3: not allowed to list them (403)",
    "whether the webhook converts to v1: not allowed to get an object (403)",
    "objects beyond the first 1: the rehearsal asks about every one",
  ]);
});

test("a CRD of a VersionedCRD goes back by its program: two runs of it, and no patch", () => {
  const live = withMetadata(moved, { annotations: { [OWNER_ANNOTATION]: "acme/shop/prod/databases" } });
  expect(decide({ live }).steps.map(({ command }) => command)).toEqual(["pulumi up", "pulumi up"]);
  // No object has it, and the preview that follows refuses it all the same.
  const lacks =
    /v1 with served: true and storage: true, and in its schema what the others have and it lacks: \.spec\.tier \(preview refuses it without/;
  expect(decide({ live }).steps[0]?.what).toMatch(lacks);
  const converted = { ...live, spec: { ...live.spec, conversion: { strategy: "Webhook" } } };
  expect(decide({ live: converted }).steps[0]?.what).not.toContain(".spec.tier");
});
