import type { Definition } from "../../../components/crd/definition";
import { PROOF_ANNOTATION } from "../../../components/crd/names";
import type { Cluster } from "../../../components/kubernetes/cluster";
import { ApiError } from "../../../components/kubernetes/errors";
import type { MigrateInputs } from "../../../components/versionedCRD/inputs";
import { noteObjects } from "../../../components/versionedCRD/migrate/noteObjects";
import { applied } from "../apiServer";
import { CRD, manifest, withMetadata } from "../fixtures";

const inputs = { crd: CRD, group: "stable.example.com", plural: "selfierequests", version: "v2" } as MigrateInputs;
const v1 = applied(undefined, manifest("v1 storage"));
const proven = (objects: number, seconds: number): Definition =>
  withMetadata(v1, { annotations: { [PROOF_ANNOTATION]: JSON.stringify({ objects, seconds }) } });
const holding = (objects: number): Cluster =>
  ({
    call: () => Promise.resolve({ items: [{}], metadata: { remainingItemCount: objects - 1 } }),
  }) as unknown as Cluster;

const line = `about 90,000 objects of ${CRD} to rewrite, stored as v1`;

test("the time that a rewrite takes is told from the last migration's rate", async () => {
  expect(await noteObjects(inputs, holding(90_000), proven(10_000, 20))).toEqual([
    `${line}; about 3 min at the last migration's 500/s, and the waits`,
  ]);
});

test.each([
  ["no migration is recorded", v1],
  ["the last one had too few objects to tell a rate", proven(99, 1)],
  ["the last one was recorded without its time", proven(10_000, 0)],
])("no estimate where %s", async (_, live) => {
  expect(await noteObjects(inputs, holding(90_000), live)).toEqual([line]);
});

test("where objects may not be listed it says that nobody counted, and which right would have told", async () => {
  const refusal = new ApiError("forbidden", 403, "Forbidden", "cannot list", { method: "GET", path: "/" });
  const cluster = { call: () => Promise.reject(refusal) } as unknown as Cluster;
  expect(await noteObjects(inputs, cluster, v1)).toEqual([
    `not looked at: how many objects of ${CRD} there are: not allowed to list selfierequests.stable.example.com (403)`,
  ]);
});
