import { REHEARSAL_ANNOTATION } from "../../../components/crd/names";
import type { ClusterWork } from "../../../components/kubernetes/cluster";
import { guardOfRehearsedStored, isStoredInSeveral } from "../../../components/migration/definition/rehearseStored";
import { manifest, withMetadata } from "../fixtures";

const record = { uid: "u", generation: 3, version: "v2", flipped: { from: "v1", at: "100" } };
const guardWith = (recorded: object) => {
  const annotations = { [REHEARSAL_ANNOTATION]: JSON.stringify(recorded) };
  const live = withMetadata(manifest("v1", "v2 storage"), { uid: "u", generation: 3, annotations });
  return guardOfRehearsedStored({ version: "v2" }, { ...live, status: { storedVersions: ["v1", "v2"] } }, {
    signal: new AbortController().signal,
  } as ClusterWork);
};

test("what store recorded of its flip says which objects are older", () => {
  expect(guardWith(record)).toMatchObject({ from: { version: "v1" }, upTo: "100" });
});

test.each([
  ["generation", { generation: 2 }],
  ["object", { uid: "other" }],
  ["version", { version: "v3", flipped: { from: "v2", at: "100" } }],
])("a record of another %s says nothing: each object may be older", (_of, other) => {
  const guard = guardWith({ ...record, ...other });
  expect(guard).toMatchObject({ from: { version: "v1" } });
  expect(guard?.upTo).toBeUndefined();
});

test("objects may be stored in several versions where storedVersions names them and no flip of ours says which", () => {
  const live = withMetadata(manifest("v1", "v2", "v3 storage"), { uid: "u", generation: 3 });
  const storedIn = (...storedVersions: string[]) => ({ ...live, status: { storedVersions } });
  expect(isStoredInSeveral(storedIn("v1", "v2", "v3"), "v3")).toBe(true);
  expect(isStoredInSeveral(storedIn("v2", "v3"), "v3")).toBe(false);
  const flipped = JSON.stringify({ ...record, version: "v3", flipped: { from: "v2", at: "100" } });
  const recorded = withMetadata(live, { uid: "u", generation: 3, annotations: { [REHEARSAL_ANNOTATION]: flipped } });
  expect(isStoredInSeveral({ ...recorded, status: { storedVersions: ["v1", "v2", "v3"] } }, "v3")).toBe(false);
});
