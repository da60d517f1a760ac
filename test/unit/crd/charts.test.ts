import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { gzipSync } from "zlib";
import { create } from "tar";
import { stringify } from "yaml";
import { checkManifest } from "../../../components/crd/checks/checkManifest";
import { readManifest } from "../../../components/crd/manifest";
import { collectDefinitions } from "../../../components/crd/sources/collectDefinitions";
import { readTexts } from "../../../components/crd/sources/readTexts";
import { chartArchive, chartFolder } from "../../shapes/chart";
import { manifest, messageOf, withMetadata, withSpec } from "../fixtures";

const databases = manifest("v1 storage");
const named = (plural: string, kind: string) =>
  withSpec(withMetadata(databases, { name: `${plural}.example.com` }), { names: { plural, kind } });
const [caches, queues, topics] = [named("caches", "Cache"), named("queues", "Queue"), named("topics", "Topic")];

let folder: string;
beforeEach(() => void (folder = fs.mkdtempSync(path.join(os.tmpdir(), "chart-"))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const collected = (given: string) => collectDefinitions(given, readTexts(given, {}), checkManifest).found;
const names = (given: string): string[] => collected(given).map(({ definition }) => definition.metadata.name);

/** A CRD in crds/, one in a folder of it, one in a dependency as a folder, one in a dependency as an archive. */
function release(): string {
  const dependency = chartArchive(chartFolder(folder, "topics", { "crds/topics.yaml": stringify(topics) }));
  const chart = chartFolder(folder, "platform", {
    "crds/databases.yaml": stringify(databases),
    "crds/more/caches.yaml": stringify(caches),
    "crds/README.md": "no manifest",
    "charts/queues/Chart.yaml": "apiVersion: v2\nname: queues\nversion: 1.0.0\n",
    "charts/queues/crds/queues.yaml": stringify(queues),
    "charts/_off/crds/off.yaml": stringify(named("offs", "Off")),
    "templates/deployment.yaml": "kind: Deployment\nname: {{ .Values.name }}\n",
  });
  fs.renameSync(dependency, path.join(chart, "charts", "topics-1.0.0.tgz"));
  return chart;
}

const ALL = ["databases.example.com", "caches.example.com", "queues.example.com", "topics.example.com"];

test("of a chart's folder what Helm would install is read: below crds/, and in the charts it depends on, as folders or archives", () => {
  expect(names(release()).sort()).toEqual([...ALL].sort());
});

test("the chart's archive holds the same, and an error can name where", () => {
  const archive = chartArchive(release());
  expect(names(archive).sort()).toEqual([...ALL].sort());
  expect(collected(archive).map(({ source }) => source.name.slice(folder.length + 1))).toEqual([
    "platform-1.0.0.tgz:charts/queues/crds/queues.yaml",
    "platform-1.0.0.tgz:crds/databases.yaml",
    "platform-1.0.0.tgz:crds/more/caches.yaml",
    "platform-1.0.0.tgz:charts/topics-1.0.0.tgz:crds/topics.yaml",
  ]);
});

test("a chart's crds/ folder by itself is read with the folders in it, any other folder without", () => {
  const crds = path.join(release(), "crds");
  expect(names(crds)).toEqual(["databases.example.com", "caches.example.com"]);
  const elsewhere = path.join(folder, "crds");
  fs.cpSync(crds, elsewhere, { recursive: true });
  expect(names(elsewhere)).toEqual(["databases.example.com"]);
});

test("`file` and `name` pick one CRD of a chart", () => {
  expect(readManifest(chartArchive(release()), "topics.example.com")).toEqual(topics);
});

const TEMPLATE =
  "{{- if .Values.crds }}\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n{{- end }}\n";

test("a chart whose CRDs are templates is an error that says how to render them", () => {
  const chart = chartFolder(folder, "templated", { "templates/crds.yaml": TEMPLATE });
  const said =
    /no CRD but in templates, which are not rendered:\n {4}.*templates\/crds\.yaml\n.*\n {2}next: +render.*helm template/s;
  expect(messageOf(() => collected(chart))).toMatch(said);
  expect(messageOf(() => readManifest(chartArchive(chart)))).toMatch(said);
});

test("a CRD that is only among the templates is looked for by name in vain, and the error says why", () => {
  const files = { "crds/databases.yaml": stringify(databases), "templates/caches.yaml": TEMPLATE };
  const chart = chartFolder(folder, "mixed", files);
  expect(messageOf(() => readManifest(chart, "caches.example.com"))).toContain(
    "no caches.example.com but in templates",
  );
  expect(readTexts(chart, {}).unrendered).toEqual([path.join(chart, "templates/caches.yaml")]);
});

test("a chart without any CRD, and one with a CRD twice, are errors", () => {
  const empty = chartFolder(folder, "empty", { "values.yaml": "" });
  expect(messageOf(() => collected(empty))).toMatch(
    /holds no CustomResourceDefinition\n.*of a chart, what is below crds/s,
  );
  const twice = { "crds/a.yaml": stringify(databases), "charts/b/crds/b.yaml": stringify(databases) };
  const chart = chartFolder(folder, "twice", twice);
  expect(messageOf(() => collected(chart))).toMatch(
    /databases\.example\.com is there twice:\n.*b\.yaml:1\n.*a\.yaml:1/s,
  );
});

test("an archive that is cut off, none at all, or no chart is an error", () => {
  const whole = fs.readFileSync(chartArchive(release()));
  const at = (name: string, bytes: Buffer): string => {
    fs.writeFileSync(path.join(folder, name), bytes);
    return path.join(folder, name);
  };
  expect(messageOf(() => collected(at("cut.tgz", whole.subarray(0, 300))))).toMatch(
    /cut\.tgz: not an archive that can be read: unexpected end/,
  );
  expect(messageOf(() => collected(at("text.tgz", Buffer.from("kind: Deployment"))))).toContain(
    "not an archive that can be read",
  );
  expect(messageOf(() => collected(at("twice.tgz", gzipSync(whole))))).toContain("an archive in an archive");
  const junk = gzipSync(Buffer.from("kind: Deployment\n".repeat(100)));
  expect(messageOf(() => collected(at("junk.tgz", junk)))).toContain("not an archive that can be read");
  fs.writeFileSync(path.join(folder, "a.yaml"), stringify(databases));
  const loose = path.join(folder, "loose.tgz");
  create({ file: loose, gzip: true, sync: true, cwd: folder }, ["a.yaml"]);
  expect(messageOf(() => collected(loose))).toContain("not a chart: there is no Chart.yaml in it");
});

test("an archive that unpacks to more than Helm would take is an error, as a whole and by one file", () => {
  const bomb = path.join(folder, "bomb.tgz");
  fs.writeFileSync(bomb, gzipSync(Buffer.alloc(101 * 1024 * 1024)));
  expect(messageOf(() => collected(bomb))).toContain("it unpacks to more than 104857600 bytes");
  const large = chartFolder(folder, "large", { "crds/large.yaml": "#".repeat(5 * 1024 * 1024 + 1) });
  expect(messageOf(() => collected(chartArchive(large)))).toContain("large/crds/large.yaml has 5242881 bytes");
});

test("paths that lead out of the chart are no files of it, and links are not followed", () => {
  const chart = chartFolder(folder, "odd", { "crds/databases.yaml": stringify(databases) });
  fs.writeFileSync(path.join(folder, "secret.yaml"), stringify(caches));
  fs.symlinkSync(path.join(folder, "secret.yaml"), path.join(chart, "crds", "link.yaml"));
  const file = path.join(folder, "odd.tgz");
  const outside = path.join(chart, "..", "secret.yaml");
  create({ file, gzip: true, sync: true, cwd: chart, preservePaths: true }, ["../odd", outside]);
  expect(messageOf(() => collected(file))).toContain("not a chart");
  expect(names(chartArchive(chart))).toEqual(["databases.example.com"]);
});

test("a link to a folder is followed in a chart's folder and below its crds/, as Helm does", () => {
  const chart = chartFolder(folder, "linked", { "crds/databases.yaml": stringify(databases) });
  fs.mkdirSync(path.join(folder, "shared"));
  fs.writeFileSync(path.join(folder, "shared", "caches.yaml"), stringify(caches));
  fs.symlinkSync("../../shared", path.join(chart, "crds", "shared"));
  expect(names(chart).sort()).toEqual(["caches.example.com", "databases.example.com"]);
  expect(names(path.join(chart, "crds")).sort()).toEqual(["caches.example.com", "databases.example.com"]);
});
