import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { parse } from "yaml";
import { readNextManifests } from "../../../components/command/status/nextManifests";
import { compilePatterns } from "../../../components/command/status/patterns";
import { rightsForStatus } from "../../../components/kubernetes/rights/statusRights";
import { checkout } from "../../../local/checkout";
import { asYaml } from "../../shapes/manifests";
import { manifest } from "../fixtures";
import { files } from "./check/manifests";
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
  expect(["databases-example.com", ...names].filter(compilePatterns(patterns))).toEqual(expected);
});

describe("--against", () => {
  const here = files();
  afterAll(() => here.remove());
  const read = async (given: string, input = "") => {
    const said: string[] = [];
    const terminal = {
      print: () => undefined,
      complain: (text: string) => void said.push(text),
      progress: () => undefined,
      readStdin: () => Promise.resolve(input),
      showsProgress: false,
      isScreen: false,
      interrupted: new AbortController().signal,
    };
    return { found: await readNextManifests(given, terminal), said };
  };

  test("a folder, and standard input, with other documents among them", async () => {
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "x" } };
    const text = asYaml(namespace, manifest("v1 storage"));
    const file = here.write("crds/one.yaml", text);
    const line = text.split("\n").indexOf("apiVersion: apiextensions.k8s.io/v1") + 1;
    const { found, said } = await read(path.dirname(file));
    expect([...found].map(([name, { where }]) => [name, where])).toEqual([
      ["databases.example.com", `${file}:${line}`],
    ]);
    expect(said.join()).toMatch(/skipped 1 document of another kind \(Namespace\)/);
    expect([...(await read("-", asYaml(manifest("v1 storage")))).found.keys()]).toEqual(["databases.example.com"]);
  });

  test("one that the API server would refuse is read: that is the question", async () => {
    const { found } = await read(here.write("refused.yaml", asYaml(manifest("v1", "v2"))));
    expect([...found.keys()]).toEqual(["databases.example.com"]);
  });

  test("an error of the manifests is exit code 2", async () => {
    const { code, out, err } = await runCommand("status", "--against", path.join(here.folder, "none"));
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(/none: cannot be read \(ENOENT\)/);
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
