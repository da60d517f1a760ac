import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { stringify } from "yaml";
import { readManifest } from "../../../components/crd/manifest";
import { stringifyJson } from "../../../components/kubernetes/json";
import { planServe } from "../../../components/versionedCRD/plan";
import { servedStage } from "../../../components/versionedCRD/stages";
import { asYaml, definitionOf, largeDefinition, richVersion } from "../../shapes/manifests";
import { applied } from "../apiServer";
import { OWNER, messageOf } from "../fixtures";

const group = "real.example.com";
const widget = definitionOf({ kind: "Widget", group, versions: [richVersion("v1", { storage: true })] });
const gadget = definitionOf({ kind: "Gadget", group, versions: [richVersion("v1", { storage: true })] });

let folder: string;
beforeAll(() => void (folder = fs.mkdtempSync(path.join(os.tmpdir(), "real-"))));
afterAll(() => fs.rmSync(folder, { recursive: true }));

function file(text: string): string {
  const name = path.join(folder, "crd.yaml");
  fs.writeFileSync(name, text);
  return name;
}

/** The widget with one more field, whose default stands in the YAML digit by digit. */
function withHuge(digits: string): string {
  return asYaml(widget).replace(/( +)mode:\n/, `$1huge: { type: integer, default: ${digits} }\n$&`);
}

test("what controller-gen prints is read: status, creationTimestamp: null and comments are not wishes", () => {
  const read = readManifest(file(asYaml(widget)));
  expect(read).not.toHaveProperty("status");
  expect(Object.keys(read.metadata).sort()).toEqual(["annotations", "name"]);
  expect(read.spec).toEqual(JSON.parse(JSON.stringify(widget.spec, undefined, 1)));
});

test("a byte order mark and Windows line ends change nothing", () => {
  const read = readManifest(file(asYaml(widget)));
  expect(readManifest(file(`\uFEFF${asYaml(widget).replace(/\n/g, "\r\n")}`))).toEqual(read);
});

test("among a file's Namespaces, Deployments and other CRDs, `name` picks one", () => {
  const other = { apiVersion: "v1", kind: "Namespace", metadata: { name: "widgets.real.example.com" } };
  const text = asYaml(other, gadget, other, widget, { apiVersion: "apps/v1", kind: "Deployment" });
  expect(readManifest(file(text), "widgets.real.example.com").spec.names.kind).toBe("Widget");
});

test("anchors and merge keys are followed as kubectl follows them", () => {
  const text = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.real.example.com }
spec:
  group: real.example.com
  scope: Namespaced
  names: { kind: Widget, plural: widgets }
  versions:
    - &first
      name: v1
      served: true
      storage: true
      schema: &schema { openAPIV3Schema: { type: object } }
    - <<: *first
      name: v2
      storage: false
`;
  expect(readManifest(file(text)).spec.versions).toEqual([
    { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } },
    { name: "v2", served: true, storage: false, schema: { openAPIV3Schema: { type: "object" } } },
  ]);
});

test("forty versions that share their schema by an anchor are no attack", () => {
  const text = stringify(largeDefinition("Large", group, 40, 600_000));
  expect(text).toMatch(/\*a\d/);
  expect(readManifest(file(text)).spec.versions).toHaveLength(40);
});

test("an int64 beyond 2^53 reaches the API server digit by digit", () => {
  const text = withHuge("9007199254740993");
  const read = readManifest(file(text));
  expect(stringifyJson(read.spec)).toContain('"huge":{"type":"integer","default":9007199254740993}');
});

test("another default beyond 2^53 is a change, although both are one float64", () => {
  const withDefault = (digits: string) => readManifest(file(withHuge(digits)));
  const live = applied(undefined, servedStage(withDefault("9007199254740993"), undefined, OWNER));
  expect(planServe(live, withDefault("9007199254740993"), OWNER)).toEqual([]);
  expect(planServe(live, withDefault("9007199254740992"), OWNER)).toEqual(["v1: change schema"]);
});

test("a tab names file, line and column", () => {
  const text = asYaml(widget).replace("\nspec:\n  group", "\nspec:\n\tgroup");
  expect(messageOf(() => readManifest(file(text)))).toMatch(/crd\.yaml:\d+:1: not valid YAML: Tabs are not allowed/);
});

test("a key that stands there twice names file, line and column", () => {
  const text = asYaml(widget).replace("spec:\n", "spec:\n  scope: Cluster\n");
  expect(messageOf(() => readManifest(file(text)))).toMatch(/crd\.yaml:\d+:3: not valid YAML: Map keys must be unique/);
});

test.each(["on", "no", "Yes", "y"])("%s without quotes, a boolean to kubectl => an error with its line", (word) => {
  const text = asYaml(widget).replace('"on"', word);
  expect(messageOf(() => readManifest(file(text)))).toMatch(
    new RegExp(`crd\\.yaml:\\d+:\\d+: ${word} without quotes is text here and a boolean to kubectl`),
  );
});

test("names that are empty are left to the API server, which fills them in", () => {
  const names = { singular: "", listKind: "", shortNames: null };
  const odd = definitionOf({ kind: "Odd", group, names, versions: [richVersion("v1", { storage: true })] });
  expect(Object.keys(readManifest(file(asYaml(odd))).spec.names).sort()).toEqual(["categories", "kind", "plural"]);
});
