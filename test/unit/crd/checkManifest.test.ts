import { checkManifest } from "../../../components/crd/checks/checkManifest";
import { checkedManifest } from "../../../components/crd/manifest";
import { manifest, messageOf, version, withMetadata, withSpec } from "../fixtures";

const good = manifest("v1", "v2 storage");

test("a manifest with one served storage version passes", () => {
  expect(checkManifest(good)).toEqual([]);
});

test.each([
  ["a Secret", { apiVersion: "v1", kind: "Secret" }, "found apiVersion v1, kind Secret"],
  [
    "a v1beta1 CRD",
    { ...good, apiVersion: "apiextensions.k8s.io/v1beta1" },
    "found apiVersion apiextensions.k8s.io/v1beta1, kind CustomResourceDefinition",
  ],
  [
    "an object of the CRD",
    { apiVersion: "example.com/v1", kind: "Database" },
    "found apiVersion example.com/v1, kind Database",
  ],
  ["nothing at all", null, "found apiVersion (none), kind (none)"],
])("%s is refused with what was found, what was expected and the next step", (what, given, found) => {
  const next =
    what === "a v1beta1 CRD"
      ? "write it as apiextensions.k8s.io/v1: Kubernetes 1.22 and later take nothing else"
      : "give the CRD itself, not an object of it";
  expect(checkManifest(given)).toEqual([
    `${found}\n  expected: apiVersion apiextensions.k8s.io/v1, kind CustomResourceDefinition\n  next:     ${next}`,
  ]);
});

test("every missing field is named at once", () => {
  const bare = { apiVersion: good.apiVersion, kind: good.kind };
  expect(checkManifest(bare)).toEqual([
    "metadata.name, spec.group, spec.names.kind, spec.names.plural, spec.scope, spec.versions not found\n  expected: in every CustomResourceDefinition\n  next:     complete the manifest",
  ]);
});

test.each([
  ["an entry without a name", {}],
  ["an empty entry", null],
])("%s in spec.versions is named by its index", (_what, entry) => {
  const versions = [...good.spec.versions, entry] as typeof good.spec.versions;
  expect(checkManifest(withSpec(good, { versions }))).toEqual([
    "spec.versions[2].name not found\n  expected: in every CustomResourceDefinition\n  next:     complete the manifest",
  ]);
});

test("a name that YAML reads as a number is told as that, by its index", () => {
  const versions = [...good.spec.versions, { ...good.spec.versions[0], name: 2.5 }] as never;
  expect(checkManifest(withSpec(good, { versions }))).toEqual([
    "spec.versions[2].name is 2.5, a number\n  expected: a text\n  next:     write a name such as v2",
  ]);
});

test.each(["V2", "2", "v2.0", "v-", "v_2", "", `v${"2".repeat(63)}`])("a version named %j is refused", (name) => {
  const versions = [...good.spec.versions, { ...version("v1"), name }];
  expect(checkManifest(withSpec(good, { versions }))).toEqual([
    `spec.versions[2].name is ${JSON.stringify(name)}\n  expected: at most 63 lower-case letters, digits and -, a letter first, and no - last\n  next:     write a name such as v2 or v1beta1`,
  ]);
});

test.each(["v2beta1", "alpha", "v1-new", `v${"2".repeat(62)}`])("a version named %s is none of them", (name) => {
  expect(checkManifest(withSpec(good, { versions: [...good.spec.versions, { ...version("v1"), name }] }))).toEqual([]);
});

test("metadata.name other than plural.group is refused", () => {
  expect(checkManifest(withMetadata(good, { name: "database.example.com" }))).toEqual([
    "metadata.name is database.example.com\n  expected: databases.example.com (spec.names.plural, a dot, spec.group)\n  next:     correct one of them",
  ]);
});

test("no storage version is refused, with the versions to choose from", () => {
  expect(checkManifest(manifest("v1", "v2"))).toEqual([
    "spec.versions: no version has storage: true\n  expected: exactly one storage version\n  next:     set storage: true on one of v1, v2",
  ]);
});

test("no version at all is refused", () => {
  expect(checkManifest(manifest())).toEqual([
    "spec.versions: no version has storage: true\n  expected: exactly one storage version\n  next:     set storage: true on one of (none)",
  ]);
});

test("two storage versions are refused, both named", () => {
  expect(checkManifest(manifest("v1 storage", "v2 storage"))).toEqual([
    "spec.versions: v1, v2 have storage: true\n  expected: exactly one storage version\n  next:     set storage: false on all but one of v1, v2",
  ]);
});

test("a storage version that is not served is refused", () => {
  expect(checkManifest(manifest("v1", "v2 storage unserved"))).toEqual([
    "spec.versions: v2 is storage: true and served: false\n  expected: a served storage version\n  next:     set served: true on v2",
  ]);
});

test("a version name that stands there twice is refused", () => {
  expect(checkManifest(manifest("v1", "v1", "v2 storage"))).toEqual([
    "spec.versions: v1 stands there more than once\n  expected: each name once\n  next:     remove one of them",
  ]);
});

test("several problems are told together, each with the file it is in", () => {
  const lines = messageOf(() => checkedManifest(manifest("v1", "v1"), "crds/databases.yaml")).split("\n");
  expect(lines.filter((line) => line.startsWith("crds/databases.yaml: spec.versions: "))).toHaveLength(2);
  expect(lines.filter((line) => line.startsWith("  next: "))).toHaveLength(2);
});

test("what the server added to an exported CRD is left out: status, managedFields, uid, resourceVersion, generation", () => {
  const added = { uid: "u", resourceVersion: "7", generation: 3, managedFields: [{ manager: "kubectl" }] };
  const exported = { ...withMetadata(good, added), status: { storedVersions: ["v1"] } };
  expect(checkedManifest(exported, "crd")).toEqual(good);
});

test("labels and annotations of the manifest stay, and empty maps of them go", () => {
  const labels = { team: "storage" };
  expect(checkedManifest(withMetadata(good, { labels, annotations: {} }), "crd").metadata).toEqual({
    name: "databases.example.com",
    labels,
  });
});

describe("what the API server would only say to `up`", () => {
  const v2 = { name: "v2", served: true, storage: true };
  const checked = (version: object): string[] =>
    checkManifest(withSpec(good, { versions: [{ ...v2, ...version }] as never }));

  const inSpec = (properties: object): object => ({
    schema: { openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties } } } },
  });

  test.each<[string, object, string]>([
    [
      "a misspelt key",
      { stroage: true },
      "spec.versions[0] (v2) has stroage\n  expected: only additionalPrinterColumns",
    ],
    ["a boolean that is text", { served: "yes" }, 'spec.versions[0] (v2).served is "yes"\n  expected: true or false'],
    [
      "a boolean that is missing",
      { served: undefined },
      "spec.versions[0] (v2).served is missing\n  expected: true or false",
    ],
    [
      "a misspelt schema",
      { schema: { openApiV3Schema: {} } },
      "(v2).schema has openApiV3Schema\n  expected: openAPIV3Schema",
    ],
    [
      "a type that is none",
      {
        schema: {
          openAPIV3Schema: { type: "object", properties: { spec: { properties: { host: { type: "sting" } } } } },
        },
      },
      'type of .spec.host is "sting"\n  expected: one of array, boolean',
    ],
    [
      "a type that is none, of items",
      { schema: { openAPIV3Schema: { properties: { hosts: { type: "array", items: { type: "text" } } } } } },
      'type of .hosts[] is "text"',
    ],
    ["a bound that is text", inSpec({ size: { type: "integer", maximum: "5" } }), 'maximum of .spec.size is "5"'],
    [
      "required that is no list",
      { schema: { openAPIV3Schema: { required: "spec" } } },
      'required of the schema is "spec"',
    ],
    ["an enum that is no list", inSpec({ size: { enum: "A" } }), 'enum of .spec.size is "A"\n  expected: a list'],
    ["fields that are a list", { schema: { openAPIV3Schema: { properties: [] } } }, "properties of the schema is []"],
    ["a field without a schema", inSpec({ size: null }), "the schema of .spec.size is null"],
  ])("%s", (_what, version, found) => {
    expect(checked(version)[0]).toContain(found);
  });

  test("a field called type, and a default of that name, are the user's own", () => {
    const properties = { type: { type: "string", default: "sting" }, of: { default: { type: "sting" } } };
    expect(checked({ schema: { openAPIV3Schema: { type: "object", properties } } })).toEqual([]);
  });
});
