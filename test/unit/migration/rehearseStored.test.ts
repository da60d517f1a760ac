import { PROOF_ANNOTATION, REHEARSAL_ANNOTATION } from "../../../components/crd/names";
import type { ClusterWork } from "../../../components/kubernetes/cluster";
import { planDefinitionVersionsToRehearse } from "../../../components/migration/definition/plan";
import {
  guardOfRehearsedStored,
  isStoredInSeveral,
  rehearseStoredAgain,
} from "../../../components/migration/definition/rehearseStored";
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
  const beside = JSON.stringify({ ...record, version: "v3", flipped: { from: "v2", beside: ["v1"], at: "100" } });
  const with1 = withMetadata(live, { uid: "u", generation: 3, annotations: { [REHEARSAL_ANNOTATION]: beside } });
  expect(isStoredInSeveral({ ...with1, status: { storedVersions: ["v1", "v2", "v3"] } }, "v3")).toBe(true);
});

test("before a flip every version in which objects may be stored is rehearsed, the storage version first", () => {
  const live = withMetadata(manifest("v1", "v2 storage", "v3"), { uid: "u", generation: 3 });
  const storedIn = (...storedVersions: string[]) => ({ ...live, status: { storedVersions } });
  expect(planDefinitionVersionsToRehearse(storedIn("v1", "v2"), "v3")).toEqual(["v2", "v1"]);
  expect(planDefinitionVersionsToRehearse(storedIn("v2"), "v3")).toEqual(["v2"]);
  for (const more of [{ flipped: { from: "v1" } }, { stored: ["v1"] }, { flipped: { from: "v2", beside: ["v1"] } }]) {
    const recorded = JSON.stringify({ uid: "u", generation: 2, version: "v2", ...more });
    const pruned = withMetadata(storedIn("v2"), {
      uid: "u",
      generation: 3,
      annotations: { [REHEARSAL_ANNOTATION]: recorded },
    });
    expect(planDefinitionVersionsToRehearse(pruned, "v3")).toEqual(["v2", "v1"]);
    const another = withMetadata(pruned, { uid: "other" });
    expect(planDefinitionVersionsToRehearse(another, "v3")).toEqual(["v2"]);
  }
  const flip = JSON.stringify({ uid: "u", generation: 3, version: "v2", flipped: { from: "v1" } });
  const provenAt = (generation: number, storageVersion: string) => {
    const later = JSON.stringify({ uid: "u", generation, storageVersion, resourceVersion: "9" });
    const both = { [REHEARSAL_ANNOTATION]: flip, [PROOF_ANNOTATION]: later };
    const edited = withMetadata(storedIn("v2"), { uid: "u", generation: 8, annotations: both });
    return planDefinitionVersionsToRehearse(edited, "v3");
  };
  expect(provenAt(4, "v2")).toEqual(["v2"]); // that proof came after the flip
  expect(provenAt(2, "v2")).toEqual(["v2", "v1"]);
  expect(provenAt(4, "v1")).toEqual(["v2", "v1"]);
  const many = withMetadata(manifest("v1", "v9", "v10", "v11 storage"), { uid: "u", generation: 3 });
  expect(
    planDefinitionVersionsToRehearse({ ...many, status: { storedVersions: ["v1", "v9", "v10", "v11"] } }, "v11"),
  ).toEqual(["v10", "v9", "v1"]);
  expect(planDefinitionVersionsToRehearse(storedIn("v1", "v2"), "v3", { v1: false })).toEqual(["v2"]);
  const proof = { uid: "u", generation: 3, storageVersion: "v2", resourceVersion: "9" };
  const annotations = { [PROOF_ANNOTATION]: JSON.stringify(proof) };
  const proven = withMetadata(live, { uid: "u", generation: 3, annotations });
  expect(planDefinitionVersionsToRehearse({ ...proven, status: { storedVersions: ["v1", "v2"] } }, "v3")).toEqual([
    "v2",
  ]);
});

describe("once more before objects are rewritten", () => {
  const object = (name: string, resourceVersion: string) => ({
    apiVersion: "example.com/v1",
    kind: "Database",
    metadata: { name, namespace: "a", resourceVersion },
    spec: { host: "h" },
  });
  const all = [object("rehearsed", "5"), object("since", "50"), object("stored-anew", "150")];
  /** @returns what was tried by a dry run */
  const tried = async (recorded: object): Promise<string[]> => {
    const dry: string[] = [];
    const call = ({ method, path }: { method: string; path: string }): Promise<unknown> => {
      const name = path.split("/").at(-1);
      const one = all.find(({ metadata }) => metadata.name === name) ?? all[0];
      if (method === "PATCH") dry.push(name ?? "");
      if (method === "GET" && name === "databases")
        return Promise.resolve({ items: all, metadata: { resourceVersion: "200" } });
      return Promise.resolve(one);
    };
    const annotations = { [REHEARSAL_ANNOTATION]: JSON.stringify(recorded) };
    const live = withMetadata(manifest("v1", "v2 storage"), { uid: "u", generation: 3, annotations });
    const work = { cluster: { call }, report: () => undefined, signal: new AbortController().signal };
    const objects = { crd: "databases.example.com", version: "v2" };
    const stored = { ...live, status: { storedVersions: ["v1", "v2"] } };
    await rehearseStoredAgain(objects, stored, work as never);
    return dry.sort();
  };

  test("without a webhook: what was written between the rehearsal's list and the flip, and nothing else", async () => {
    expect(await tried({ ...record, listed: "10" })).toEqual(["since"]);
  });

  test("a record of an earlier build does not say what it has seen: all that is older than the flip", async () => {
    expect(await tried(record)).toEqual(["rehearsed", "since"]);
  });

  test("without a valid record nothing: migrate refuses to begin", async () => {
    expect(await tried({ ...record, generation: 2, listed: "10" })).toEqual([]);
  });
});
