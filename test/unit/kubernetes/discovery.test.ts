import {
  discover,
  plannedStorageMigrationVersion,
  discoverStorageMigrationVersion,
  storageVersionHash,
} from "../../../components/kubernetes/discovery";
import { ApiError } from "../../../components/kubernetes/errors";

const answering = (answer: unknown) => ({ call: <T>() => Promise.resolve(answer as T) });
const failing = (status: number) => ({
  call: () => Promise.reject(new ApiError("no", status, "", "no", { method: "GET", path: "/" })),
});

test("the hash that every cluster shows for pods", () => {
  expect(storageVersionHash("", "v1", "Pod")).toBe("xPOwRZ+Yhw8=");
});

test.each([
  [["v1", "v1beta1"], "v1"],
  [["v1beta1"], "v1beta1"],
  [["v1alpha1"], "v1alpha1"],
  [["v2"], undefined],
])("served %j: %s", async (versions, expected) => {
  const group = { versions: versions.map((version) => ({ version })) };
  expect(await discoverStorageMigrationVersion(answering(group))).toBe(expected);
});

test("404 is not served, 403 is a missing right", async () => {
  expect(await discoverStorageMigrationVersion(failing(404))).toBeUndefined();
  await expect(discoverStorageMigrationVersion(failing(403))).rejects.toThrow();
});

test("for plans it is asked once for all CRDs of a cluster, and again after a failure", async () => {
  const asked: string[] = [];
  const once = { call: <T>() => (asked.push("once"), Promise.resolve({ versions: [{ version: "v1" }] } as T)) };
  expect(await plannedStorageMigrationVersion(once)).toBe("v1");
  expect(await plannedStorageMigrationVersion(once)).toBe("v1");
  expect(asked).toEqual(["once"]);
  const refusing = failing(403);
  await expect(plannedStorageMigrationVersion(refusing)).rejects.toThrow();
  refusing.call = () => Promise.resolve({ versions: [] }) as never;
  expect(await plannedStorageMigrationVersion(refusing)).toBeUndefined();
});

test("a version without the resource does not serve it", async () => {
  const resource = { group: "g", version: "v1", plural: "foos" };
  expect(await discover(answering({ resources: [{ name: "bars" }] }), resource)).toEqual({ served: false });
  expect(await discover(answering({ resources: [{ name: "foos", storageVersionHash: "h" }] }), resource)).toEqual({
    served: true,
    storageVersionHash: "h",
  });
});
