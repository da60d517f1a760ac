import type { Definition } from "../../../components/crd/definition";
import { judgeInTreeState, type Watched } from "../../../components/migration/inTree/inTreeState";
import {
  newMigration,
  classifyMigrations,
  storageVersionMigrationSubject,
  type StorageVersionMigration,
  storedVersionsBefore,
} from "../../../components/migration/inTree/storageVersionMigration";

const definition = {
  metadata: { name: "foos.g", generation: 3 },
  spec: {
    group: "g",
    names: { plural: "foos", kind: "Foo" },
    versions: [
      { name: "v1", storage: false },
      { name: "v2", storage: true },
    ],
  },
} as unknown as Definition;
const subject = storageVersionMigrationSubject(definition);

describe("the state of a StorageVersionMigration", () => {
  const watched: Watched = { sinceCreated: 5, sinceChange: 1, objects: 1_000 };
  const state = (conditions: Record<string, string>, given: Partial<Watched> = {}, message = "") =>
    judgeInTreeState(
      {
        metadata: { name: "m" },
        status: { conditions: Object.entries(conditions).map(([type, status]) => ({ type, status, message })) },
      },
      { ...watched, ...given },
    );

  test.each<[string, Record<string, string>, Partial<Watched>, string]>([
    ["nothing yet", {}, {}, "running"],
    ["running", { Running: "True" }, {}, "running"],
    ["Succeeded comes before storedVersions are pruned", { Running: "True", Succeeded: "True" }, {}, "running"],
    ["Succeeded and no longer Running", { Running: "False", Succeeded: "True" }, {}, "succeeded"],
    ["Succeeded, and the pruning is stuck", { Running: "True", Succeeded: "True" }, { sinceChange: 61 }, "succeeded"],
    ["Failed and no longer Running", { Running: "False", Failed: "True" }, {}, "failed"],
    ["no controller", {}, { sinceCreated: 91, sinceChange: 91 }, "stalled"],
    ["an error it takes for transient", { Running: "True" }, { sinceCreated: 200, sinceChange: 181 }, "stalled"],
    ["many objects and silent, as below 1.37", { Running: "True" }, { sinceChange: 181, objects: 100_000 }, "running"],
  ])("%s: %s", (_, conditions, given, expected) => {
    expect(state(conditions, given).kind).toBe(expected);
  });

  test("the controller's own words are what is reported", () => {
    expect(state({ Running: "True" }, {}, "The migration is running, 3/9 objects not yet migrated")).toEqual({
      kind: "running",
      message: "3/9 objects not yet migrated",
    });
  });

  test("deleted by someone else", () => {
    expect(judgeInTreeState(undefined, watched)).toEqual({ kind: "failed", message: "it was deleted by someone else" });
  });

  test("behind another one of the same resource", () => {
    expect(state({}, { sinceCreated: 91, behind: "theirs" })).toMatchObject({
      message: expect.stringMatching(/theirs/),
    });
  });
});

describe("a new one", () => {
  test.each(["v1", "v1beta1"] as const)("%s names group and resource only", (version) => {
    expect(newMigration(version, subject, ["v1", "v2"])).toMatchObject({
      apiVersion: `storagemigration.k8s.io/${version}`,
      spec: { resource: { group: "g", resource: "foos" } },
    });
    expect(JSON.stringify(newMigration(version, subject, []))).not.toMatch(/"version"/);
  });

  test("v1alpha1 needs a version", () => {
    expect(newMigration("v1alpha1", subject, [])).toMatchObject({
      spec: { resource: { group: "g", resource: "foos", version: "v2" } },
    });
  });

  test("it carries what storedVersions named, for whoever goes on after a kill", () => {
    expect(storedVersionsBefore(newMigration("v1", subject, ["v1", "v2"]) as StorageVersionMigration)).toEqual([
      "v1",
      "v2",
    ]);
  });
});

describe("those that are there", () => {
  const migration = (
    name: string,
    given: { generation?: string; conditions?: string[]; ours?: boolean; plural?: string },
  ) => ({
    metadata: {
      name,
      annotations: { "kubernetes-storage-migration/generation": given.generation ?? "3" },
      labels: given.ours === false ? {} : { "app.kubernetes.io/managed-by": "kubernetes-storage-migration" },
    },
    spec: { resource: { group: "g", resource: given.plural ?? "foos" } },
    status: { conditions: (given.conditions ?? []).map((type) => ({ type, status: "True" })) },
  });
  const names = (found: ReturnType<typeof classifyMigrations>) => ({
    current: found.current?.metadata.name,
    stale: found.stale.map(({ metadata }) => metadata.name),
    others: found.others.map(({ metadata }) => metadata.name),
  });

  test("ours for this generation goes on; ours for an older one goes away; others' and other resources' are left alone", () => {
    const found = classifyMigrations(
      [
        migration("ours", { conditions: ["Running"] }),
        migration("old", { generation: "2" }),
        migration("done-before", { generation: "2", conditions: ["Succeeded"] }),
        migration("theirs", { ours: false }),
        migration("their-done", { ours: false, conditions: ["Failed"] }),
        migration("bars", { plural: "bars" }),
      ],
      subject,
    );
    expect(names(found)).toEqual({ current: "ours", stale: ["old"], others: ["theirs"] });
  });

  test("one that failed is not taken up again", () => {
    expect(
      names(classifyMigrations([migration("failed", { conditions: ["Failed"] })], subject)).current,
    ).toBeUndefined();
  });

  test("one of ours for another purpose, as for a new key of the same resource, is someone else's", () => {
    const mark = { annotation: "kubernetes-storage-migration/rotation", value: "sha256:1" };
    const found = classifyMigrations([migration("of-the-version", { conditions: ["Running"] })], { ...subject, mark });
    expect(names(found)).toEqual({ current: undefined, stale: [], others: ["of-the-version"] });
  });

  test("in the core group, which the API server leaves out of its answers", () => {
    const mark = { annotation: "kubernetes-storage-migration/rotation", value: "sha256:1" };
    const core = { mark, resource: { group: "", version: "v1", plural: "secrets" } };
    const secrets = { metadata: { name: "theirs" }, spec: { resource: { resource: "secrets" } } };
    expect(names(classifyMigrations([secrets], core)).others).toEqual(["theirs"]);
  });
});
