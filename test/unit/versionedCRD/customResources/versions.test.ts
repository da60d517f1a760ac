import * as pulumi from "@pulumi/pulumi";
import {
  everyVersionOfKind,
  kindOf,
  likelyVersionsOfKind,
  typeTokenOfKind,
  versionOfKindIn,
  type Kind,
} from "../../../../components/versionedCRD/customResources/kind";
import { CRD, manifest } from "../../fixtures";

const kind = (...versions: string[]): Kind => kindOf(manifest(...versions)) as Kind;

test("a manifest's kind: names, versions in its order, the storage version", () => {
  expect(kindOf(manifest("v1", "v2 storage", "v3 unserved"))).toEqual({
    crd: CRD,
    group: "example.com",
    kind: "Database",
    versions: [
      { name: "v1", served: true },
      { name: "v2", served: true },
      { name: "v3", served: false },
    ],
    storage: "v2",
  });
});

test.each<[string, unknown]>([
  ["the whole manifest", pulumi.output(manifest("v1 storage"))],
  ["spec", { ...manifest("v1 storage"), spec: pulumi.output({}) }],
  ["the group", { spec: { ...manifest("v1 storage").spec, group: pulumi.output("example.com") } }],
  ["the versions", { spec: { ...manifest("v1 storage").spec, versions: pulumi.output([]) } }],
  ["no manifest at all", undefined],
])("%s is an output => not known when a resource is registered", (_what, given) => {
  expect(kindOf(given)).toBeUndefined();
});

test("other fields may be outputs: the kind is known", () => {
  const conversion = pulumi.output({ strategy: "None" });
  expect(kindOf({ ...manifest("v1 storage"), spec: { ...manifest("v1 storage").spec, conversion } })).toBeDefined();
});

test("a type token and back; another group, kind or provider is not ours", () => {
  const ours = kind("v1 storage");
  expect(typeTokenOfKind(ours, "v2")).toBe("kubernetes:example.com/v2:Database");
  expect(versionOfKindIn(ours, "kubernetes:example.com/v2:Database")).toBe("v2");
  for (const other of [
    "kubernetes:example.org/v2:Database",
    "kubernetes:example.com/v2:DatabaseList",
    "kubernetes:apps/v1:Deployment",
    "aws:example.com/v2:Database",
    "kubernetes:core/v1:Database",
    "pulumi:pulumi:Stack",
  ])
    expect(versionOfKindIn(ours, other)).toBeUndefined();
});

test("every version: the manifest's, the named ones, and the usual ones of three majors", () => {
  const versions = everyVersionOfKind(kind("v2 storage"), ["2019-01-01"]);
  expect(versions).toEqual(expect.arrayContaining(["v2", "2019-01-01", "v1", "v1beta1", "v1alpha3", "v2alpha1"]));
  expect(versions).toHaveLength(new Set(versions).size);
  expect(everyVersionOfKind(kind("v9 storage"), [])).not.toContain("v6");
});

test("a manifest with unusual names has those, and no guess", () => {
  expect(everyVersionOfKind(kind("stable storage"), [])).toEqual(["stable"]);
});

test("likely versions, for the warning: the manifest's and the named ones; of a lone v2 also v1", () => {
  expect(likelyVersionsOfKind(kind("v1", "v2 storage"), ["v0"])).toEqual(["v1", "v2", "v0"]);
  expect(likelyVersionsOfKind(kind("v2 storage"), [])).toEqual(["v2", "v1"]);
});

test("a new kind with one version warns of nothing: v1, v1beta1, stable", () => {
  for (const name of ["v1", "v1beta1", "stable"])
    expect(likelyVersionsOfKind(kind(`${name} storage`), [])).toEqual([name]);
});
