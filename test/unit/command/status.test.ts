import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { parse } from "yaml";
import { readNextManifests } from "../../../components/command/status/nextManifests";
import { matcherOf } from "../../../components/command/status/patterns";
import { rightsForStatus } from "../../../components/kubernetes/rights";
import { checkout } from "../../../local/checkout";
import { asYaml } from "../../shapes/manifests";
import { manifest, messageOf, withMetadata } from "../fixtures";
import { runCommand } from "./runCommand";

test.each([
  [["databases.example.com"], ["databases.example.com"]],
  [["*.example.com"], ["databases.example.com", "queues.example.com"]],
  [
    ["databases.*", "queues.example.org"],
    ["databases.example.com", "queues.example.org"],
  ],
  [["bases.example.com", "databases.example"], []],
  [["queues.example.c*m"], ["queues.example.com"]],
  [[], ["databases-example.com", "databases.example.com", "queues.example.com", "queues.example.org"]],
])("%j names %j", (patterns, expected) => {
  const names = ["databases.example.com", "queues.example.com", "queues.example.org"];
  expect(["databases-example.com", ...names].filter(matcherOf(patterns))).toEqual(expected);
});

describe("--against", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "against-"));
  afterAll(() => fs.rmSync(folder, { recursive: true }));
  const write = (name: string, ...documents: object[]): string => {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, asYaml(...documents));
    return file;
  };
  const one = manifest("v1 storage");
  const other = { ...withMetadata(one, { name: "queues.example.com" }) };
  other.spec = { ...other.spec, names: { ...other.spec.names, plural: "queues" } };

  test("several documents, folders below a folder, and Lists are read; what is no CRD is left out", () => {
    write("a/crds/one.yaml", { apiVersion: "v1", kind: "Namespace", metadata: { name: "x" } }, one);
    write("a/list.yml", { apiVersion: "v1", kind: "List", items: [other] });
    write("a/README.txt", { kind: "CustomResourceDefinition" });
    const found = readNextManifests(path.join(folder, "a"));
    expect([...found.keys()]).toEqual(["databases.example.com", "queues.example.com"]);
    expect(found.get("databases.example.com")?.where).toBe(path.join(folder, "a/crds/one.yaml"));
  });

  test("one that the API server would refuse is read: that is the question", () => {
    expect([...readNextManifests(write("refused.yaml", manifest("v1", "v2"))).keys()]).toEqual([
      "databases.example.com",
    ]);
  });

  test.each<[string, () => string, RegExp]>([
    ["a path that is not there", () => path.join(folder, "none"), /none: cannot be read \(ENOENT\)/],
    ["no CRD", () => write("none.yaml", { kind: "Namespace" }), /holds no CustomResourceDefinition/],
    ["half a CRD", () => write("half.yaml", { kind: "CustomResourceDefinition" }), /half\.yaml: found apiVersion/],
    ["one CRD twice", () => write("twice.yaml", one, one), /stands in .*twice\.yaml and in .*twice\.yaml/],
  ])("%s is an error", (_, make, said) => {
    expect(messageOf(() => readNextManifests(make()))).toMatch(said);
  });

  test("an error of the manifests is exit code 2", async () => {
    const { code, out, err } = await runCommand("status", "--against", path.join(folder, "none"));
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(/cannot be read/);
  });
});

test("the rights that docs/status.md lists are those that the package names; groups can be named instead of *", () => {
  const page = fs.readFileSync(checkout("docs/status.md"), "utf8");
  expect(parse(/```yaml\n# status\n([^]*?)```/.exec(page)?.[1] ?? "")).toEqual(rightsForStatus());
  const narrow = rightsForStatus({ groups: ["b.com", "a.com"] });
  expect(narrow.map(({ apiGroups }) => apiGroups?.[0])).toEqual([
    "apiextensions.k8s.io",
    "a.com",
    "b.com",
    "coordination.k8s.io",
    undefined,
  ]);
  expect(new Set(narrow.flatMap(({ verbs }) => verbs))).toEqual(new Set(["get", "list"]));
});

test.each([
  [["--json", "--markdown"], /--json and --markdown are given/],
  [["--all-contexts", "--context", "a"], /--all-contexts and --context are given/],
])("%j is wrong usage", async (args, said) => {
  const { code, err } = await runCommand("status", ...args);
  expect(code).toBe(2);
  expect(err).toMatch(said);
  expect(err).toMatch(/usage: kubernetes-storage-migration status /);
});

test("no cluster is exit code 2, and the context is named", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "status-"));
  const kubeconfig = path.join(folder, "config");
  const cluster = { server: "https://127.0.0.1:1" };
  const contexts = ["b", "a"].map((name) => ({ name, context: { cluster: "c", user: "u" } }));
  fs.writeFileSync(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: "c", cluster }],
      users: [{ name: "u", user: {} }],
      contexts,
      "current-context": "a",
    }),
  );
  try {
    const one = await runCommand("status", "--kubeconfig", kubeconfig);
    expect(one).toMatchObject({ code: 2, out: "", err: expect.stringMatching(/^cluster unreachable: /) });
    const asData = await runCommand("status", "--kubeconfig", kubeconfig, "--json");
    expect(asData).toMatchObject({ code: 2, out: expect.stringContaining('"error": "cluster unreachable') });
    const { code, out } = await runCommand("status", "--kubeconfig", kubeconfig, "--all-contexts");
    expect(code).toBe(2);
    expect(out).toMatch(/^context a: could not be looked at\n {2}cluster unreachable: .*\n\ncontext b: could not/s);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
