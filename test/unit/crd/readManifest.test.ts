import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { stringify } from "yaml";
import { readManifest } from "../../../components/crd/manifest";
import { manifest, messageOf, withMetadata, withSpec } from "../fixtures";

const databases = manifest("v1 storage");
const names = { plural: "caches", kind: "Cache" };
const caches = withSpec(withMetadata(databases, { name: "caches.example.com" }), { names });

let folder: string;
beforeAll(() => void (folder = fs.mkdtempSync(path.join(os.tmpdir(), "manifest-"))));
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** A file of that text, and how an error names it: relative to where the program runs. */
function file(name: string, text: string): { file: string; where: string } {
  const absolute = path.join(folder, name);
  fs.writeFileSync(absolute, text);
  return { file: absolute, where: path.relative(process.cwd(), absolute) };
}

test("a YAML manifest is read", () => {
  expect(readManifest(file("crd.yaml", stringify(databases)).file)).toEqual(databases);
});

test("a JSON manifest is read", () => {
  expect(readManifest(file("crd.json", JSON.stringify(databases, undefined, 2)).file)).toEqual(databases);
});

test("other documents in the file do not matter", () => {
  const text = `kind: Namespace\n---\n${stringify(databases)}---\n# nothing\n`;
  expect(readManifest(file("mixed.yaml", text).file)).toEqual(databases);
});

test("of several CRDs in one file, `name` picks one", () => {
  const both = file("both.yaml", `${stringify(databases)}---\n${stringify(caches)}`);
  expect(readManifest(both.file, "caches.example.com")).toEqual(caches);
});

test("several CRDs in one file without `name` => an error that lists them", () => {
  const both = file("both.yaml", `${stringify(databases)}---\n${stringify(caches)}`);
  expect(messageOf(() => readManifest(both.file))).toBe(
    `${both.where}: holds 2 CustomResourceDefinitions (caches.example.com, databases.example.com)\n  expected: one\n  next:     pick it with \`name\``,
  );
});

test("a `name` that no CRD in the file has => an error with the names found", () => {
  const one = file("crd.yaml", stringify(databases));
  expect(messageOf(() => readManifest(one.file, "queues.example.com"))).toBe(
    `${one.where}: \`name\` is queues.example.com, found databases.example.com\n  expected: exactly one CRD of that metadata.name\n  next:     correct \`name\``,
  );
});

test("`name` with a CRD that has no metadata => an error, not a crash", () => {
  const one = file("nameless.yaml", "kind: CustomResourceDefinition\n");
  expect(messageOf(() => readManifest(one.file, "queues.example.com"))).toContain("found (unnamed)\n  expected: ");
});

test.each([
  ["a Secret", "apiVersion: v1\nkind: Secret\n", "Secret"],
  ["an object of the CRD", "apiVersion: example.com/v1\nkind: Database\n", "Database"],
  ["an empty file", "", "nothing"],
])("a file with %s => an error with what is in it", (_what, text, found) => {
  const one = file("other.yaml", text);
  expect(messageOf(() => readManifest(one.file))).toBe(
    `${one.where}: holds no CustomResourceDefinition, but ${found}\n  expected: a document with kind: CustomResourceDefinition\n  next:     point \`file\` at the CRD's manifest`,
  );
});

test("a CRD of v1beta1 => an error with both apiVersions", () => {
  const old = file("old.yaml", stringify({ ...databases, apiVersion: "apiextensions.k8s.io/v1beta1" }));
  expect(messageOf(() => readManifest(old.file))).toMatch(
    /found apiVersion apiextensions.k8s.io\/v1beta1, .*\n {2}expected: +apiVersion apiextensions.k8s.io\/v1,/s,
  );
});

test("YAML that does not parse => file, line and column", () => {
  const broken = file(
    "broken.yaml",
    "kind: CustomResourceDefinition\nspec:\n  group: [example.com\n  scope: Namespaced\n",
  );
  expect(messageOf(() => readManifest(broken.file))).toMatch(
    new RegExp(`^${broken.where}:4:3: not valid YAML: .+; correct this line and try again$`),
  );
});

test("an alias without its anchor => an error that names the file", () => {
  const broken = file("alias.yaml", "kind: CustomResourceDefinition\nspec: *nowhere\n");
  expect(messageOf(() => readManifest(broken.file))).toMatch(
    new RegExp(`^${broken.where}.*: not valid YAML: .*nowhere.*; correct`),
  );
});

test("a file that is not there => its path, the reason, and what it is relative to", () => {
  expect(messageOf(() => readManifest("crds/missing.yaml"))).toBe(
    `crds/missing.yaml: cannot be read (ENOENT)\n  expected: a file with a CustomResourceDefinition\n  next:     check \`file\`, which is relative to ${process.cwd()}`,
  );
});

test("a template that was not rendered => an error with its line", () => {
  const template = file(
    "template.yaml",
    `kind: ConfigMap\nmetadata:\n  name: {{ .Values.name }}\n---\n${stringify(databases)}`,
  );
  expect(messageOf(() => readManifest(template.file))).toMatch(
    new RegExp(`^${template.where}:3:10: a key is a map or a list, as in a template\n.*\n {2}next: +render`),
  );
});
