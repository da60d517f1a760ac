import { droppedOwnerReferences, type OwnersFound } from "../../../components/migration/ownerReferences";
import {
  checkOwnersAtDrop,
  isSkippedAtDrop,
  type OwnersContext,
} from "../../../components/versionedCRD/checks/ownersAtDrop";

const owner = { apiVersions: ["example.com/v1"], kind: "Database" };
const context: OwnersContext = {
  crd: "databases.example.com",
  owner,
  storageAPIVersion: "example.com/v2",
  declared: [],
  rewritten: false,
  failed: [],
};
const none: OwnersFound = { found: 0, named: [], unsearched: [] };
const denied = (...resources: string[]): OwnersFound => ({
  ...none,
  unsearched: resources.map((resource) => ({ resource, why: "not allowed to list it (403)" })),
});

test("a reference counts by apiVersion and kind together, each in its place", () => {
  const references = [
    { apiVersion: "example.com/v1", kind: "Database" },
    { apiVersion: "example.com/v2", kind: "Database" },
    { apiVersion: "example.com/v1", kind: "Backup" },
    { apiVersion: "other.com/v1", kind: "Database" },
    {},
    { apiVersion: "example.com/v1", kind: "Database" },
  ];
  expect(droppedOwnerReferences(references, owner)).toEqual([0, 5]);
  expect(droppedOwnerReferences(undefined, owner)).toEqual([]);
});

test.each([
  ["secrets", ["secrets"], true],
  ["secrets", ["*"], true],
  ["secrets", ["secret"], false],
  ["secrets", [], false],
  ["secrets.other.com", ["secrets"], false],
  ["pods.metrics.k8s.io", ["*.metrics.k8s.io"], true],
  ["*.metrics.k8s.io", ["*.metrics.k8s.io"], true],
  ["*.metrics.k8s.io", ["pods.metrics.k8s.io"], false],
  ["pods.metrics.k8s.io", ["*.k8s.io"], false],
  ["pods", ["*.metrics.k8s.io"], false],
])("%s, declared %j: %s", (resource, declared, expected) => {
  expect(isSkippedAtDrop(resource, declared)).toBe(expected);
});

test("nothing found and everything searched: nothing to say", () => {
  expect(checkOwnersAtDrop(none, context)).toEqual({ problems: [], warnings: [] });
});

test("children are listed with how many more there are, why it matters and what to do", () => {
  const named = Array.from({ length: 10 }, (_, index) => `configmaps default/child-${index}`);
  const { problems } = checkOwnersAtDrop({ ...none, found: 12, named }, context);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(/^databases.example.com: 12 objects name example.com\/v1/);
  expect(problems[0]).toContain("\n    configmaps default/child-9\n    … and 2 more\n");
  expect(problems[0]).toMatch(/garbage collector.*use example.com\/v2, or set ownerReferences: "rewrite"/s);
});

test("left after a rewrite: who could not be rewritten, else that someone writes the old version", () => {
  const found = { ...none, found: 1, named: ["configmaps default/a"] };
  const [failed] = checkOwnersAtDrop(found, {
    ...context,
    rewritten: true,
    failed: ["configmaps default/a: no"],
  }).problems;
  expect(failed).toContain("could not rewrite configmaps default/a: no");
  const [again] = checkOwnersAtDrop(found, { ...context, rewritten: true }).problems;
  expect(again).toContain("someone wrote example.com/v1 again");
});

test("what could not be searched stops it by name, and what to say is spelled out", () => {
  const { problems, warnings } = checkOwnersAtDrop(denied("pods", "secrets"), { ...context, declared: ["pods"] });
  expect(problems).toEqual([expect.stringContaining('skipOwnerSearch: ["secrets"]')]);
  expect(problems[0]).toContain("\n    secrets: not allowed to list it (403)\n");
  expect(warnings).toEqual([expect.stringMatching(/by `skipOwnerSearch`: pods$/)]);
});

test("the user's word for all turns every one of them into a warning, and hides no child that was found", () => {
  const found = { ...denied("pods", "secrets"), found: 1, named: ["configmaps default/a"] };
  const { problems, warnings } = checkOwnersAtDrop(found, { ...context, declared: ["*"] });
  expect(problems).toEqual([expect.stringContaining("1 object names")]);
  expect(warnings).toHaveLength(1);
});
