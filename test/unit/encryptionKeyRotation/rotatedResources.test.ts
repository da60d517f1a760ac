import { findHiddenResources } from "../../../components/encryptionKeyRotation/proof/hiddenResources";
import { aggregatedVersions } from "../../../components/encryptionKeyRotation/proof/ownResources";
import { selectRotatedResources } from "../../../components/encryptionKeyRotation/proof/rotatedResources";
import { listableResources, type ListableResource } from "../../../components/kubernetes/everyResource";

const all = ["create", "delete", "get", "list", "patch", "update", "watch"];
const resource = (plural: string, group: string, verbs = all): ListableResource => ({
  group,
  plural,
  verbs,
  version: "v1",
});
const listable = [
  resource("secrets", ""),
  resource("configmaps", ""),
  resource("events", ""),
  resource("events", "events.k8s.io"),
  resource("componentstatuses", "", ["get", "list"]),
  resource("deployments", "apps"),
  resource("databases", "example.com"),
  resource("pods", "metrics.k8s.io", ["get", "list"]),
];
const aggregated = aggregatedVersions([
  { spec: { group: "aggregated.io", version: "v1", service: {} } },
  { spec: { group: "down.io", version: "v1", service: {} } },
  { spec: { group: "apps", version: "v1", service: null } },
  { spec: { group: "", version: "v1" } },
]);
const named = (...patterns: string[]) =>
  selectRotatedResources(patterns, { listable, aggregated }).map(({ name }) => name);

test.each<[string[], string[]]>([
  [["secrets"], ["secrets"]],
  [
    ["secrets", "databases.example.com", "secrets"],
    ["databases.example.com", "secrets"],
  ],
  [["*."], ["configmaps", "events", "secrets"]],
  [["*.apps"], ["deployments.apps"]],
  [["*.nothing.io"], []],
  [["*.*"], ["configmaps", "databases.example.com", "deployments.apps", "events", "secrets"]],
  [
    ["*.apps", "secrets"],
    ["deployments.apps", "secrets"],
  ],
])("%j names %j", (patterns, expected) => {
  expect(named(...patterns)).toEqual(expected);
});

test("an aggregated API is skipped under a wildcard of its own group, and refused by name, whether it answers or not", () => {
  expect(named("*.aggregated.io")).toEqual([]);
  for (const name of ["things.aggregated.io", "others.down.io"]) {
    expect(() => named(name)).toThrow(
      /is served by an aggregated API server .*has an etcd and an encryption of its own/s,
    );
  }
});

describe("a group of which an aggregated API serves the newer version", () => {
  const group = {
    metadata: { name: "shared.io" },
    versions: ["v2", "v1"].map((version) => ({ version, resources: [{ resource: "widgets", verbs: all }] })),
  };
  const documents = [{ kind: "APIGroupDiscoveryList", items: [group] }];
  const besides = (...versions: string[]) => {
    const left = versions.map((version) => `shared.io/${version}`);
    return { listable: listableResources(documents, left).listable, aggregated: left };
  };

  test("a wildcard means the CRD's own version, and tells which are not", () => {
    const found = selectRotatedResources(["*.shared.io"], besides("v2"));
    expect(found).toMatchObject([{ name: "widgets.shared.io", version: "v1", aggregated: ["v2"] }]);
    expect(selectRotatedResources(["widgets.shared.io"], besides("v2"))).toEqual(found);
    expect(findHiddenResources(["*.shared.io"], ["widgets.shared.io"], besides("v2").listable)).toEqual([]);
  });

  test("a CRD none of whose versions is its own is hidden", () => {
    const { listable: left } = besides("v1", "v2");
    expect(findHiddenResources(["*.shared.io"], ["widgets.shared.io"], left)).toEqual(["widgets.shared.io"]);
  });
});

test.each<[string, string[]]>([
  ["*.example.com", ["hidden.example.com"]],
  ["*.*", ["hidden.example.com", "others.down.io"]],
  ["*.apps", []],
])("CRDs that %s covers and discovery does not show: %j", (wildcard, expected) => {
  const crds = ["databases.example.com", "hidden.example.com", "others.down.io"];
  expect(findHiddenResources([wildcard], crds, listable)).toEqual(expected);
});

test("a CRD that is being deleted, of which discovery shows no patch: its objects are stored until their finalizers go", () => {
  const verbs = ["delete", "deletecollection", "get", "list", "watch"];
  const deleted = { listable: [resource("leaving", "example.com", verbs)], aggregated };
  for (const pattern of ["leaving.example.com", "*.example.com", "*.*"]) {
    const found = selectRotatedResources([pattern], deleted);
    expect(found).toMatchObject([{ name: "leaving.example.com", inTree: false }]);
  }
});

test("events have no monitor, so kube-controller-manager would never end with them", () => {
  const found = selectRotatedResources(["events", "secrets"], { listable, aggregated });
  expect(found.map(({ name, inTree }) => [name, inTree])).toEqual([
    ["events", false],
    ["secrets", true],
  ]);
});

test.each([
  ["secret", /"secret" is not served by this cluster; found none of that name/],
  ["deployments", /found deployments.apps\n {2}expected: +PLURAL or PLURAL.GROUP/],
  ["componentstatuses", /can be listed, but neither patched nor deleted/],
  ["*", /is not served/],
])("%s: refused with what would be right", (pattern, expected) => {
  expect(() => named(pattern)).toThrow(expected);
});
