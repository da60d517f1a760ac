import { describeUsage, ManagersByVersion, type Usage } from "../../../components/migration/usage/describeUsage";

const entry = (manager: string, apiVersion: string, time = "2026-01-02T03:04:05Z") => ({ manager, apiVersion, time });
const nobody: Usage = { managers: [], looked: { objects: 3, all: true }, requests: "not allowed" };

test("managers are counted by version, an object once, with its last write; ours is left out", () => {
  const managers = new ManagersByVersion("example.com");
  managers.add([entry("kubectl", "example.com/v1"), entry("kubectl", "example.com/v1", "2026-03-01T00:00:00Z")]);
  managers.add([entry("kubectl", "example.com/v1"), entry("helm", "example.com/v1"), entry("helm", "example.com/v2")]);
  managers.add([entry("kubernetes-storage-migration", "example.com/v1"), entry("kubectl", "other.com/v1")]);
  managers.add(undefined);
  expect(managers.of("v1")).toEqual([
    { manager: "kubectl", objects: 2, last: "2026-03-01T00:00:00Z" },
    { manager: "helm", objects: 1, last: "2026-01-02T03:04:05Z" },
  ]);
  expect(managers.of("v3")).toEqual([]);
  expect(managers.objects).toBe(4);
});

test("one line says who and how often", () => {
  const managers = [{ manager: "kubectl", objects: 12, last: "2026-03-01T00:00:00Z" }];
  const requests = { count: 340, servers: "the 3 API servers" };
  expect(describeUsage("v1", { ...nobody, managers, requests })).toBe(
    "v1 is still used: manager kubectl (12 objects, last 2026-03-01T00:00:00Z), 340 requests since the 3 API servers started",
  );
});

test("since migrate ended, where that is known: writes apart from all else", () => {
  const since = (writes: number, others: number, isComplete = true): string =>
    describeUsage("v1", { ...nobody, requests: { since: { writes, others, isComplete }, at: 1_795_864_642_180 } });
  expect(since(1, 2)).toBe(
    "v1 is still used: no manager, 1 write and 2 other requests since migrate ended (2026-11-28T11:17:22Z)",
  );
  expect(since(0, 0)).toMatch(/^v1 shows no use: no manager, 0 writes and 0 other requests/);
  expect(since(3, 0, false)).toContain("at least 3 writes and 0 other requests");
});

test("what was not read is said, and no more than was seen is claimed", () => {
  expect(describeUsage("v1", nobody)).toBe("v1 shows no use: no manager, requests not read: not allowed");
  const managers = Array.from({ length: 7 }, (_, index) => ({ manager: `m${index}`, objects: 1, last: "" }));
  const looked = { objects: 5000, all: false };
  expect(describeUsage("v1", { ...nobody, managers, looked })).toMatch(
    /^v1 is still used: manager m0 \(1 object\), .*m4 \(1 object\), 2 more among the first 5000 objects, requests not read/,
  );
});
