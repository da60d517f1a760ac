import { exitCodeOfClusterStatus, type ClusterStatus } from "../../../components/status/clusterStatus";
import { judgeClusterStatus } from "../../../components/status/judge";
import type { ClusterFacts, CrdFacts } from "../../../components/status/facts";
import { renderStatusAsJson } from "../../../components/status/render/json";
import { renderStatusAsMarkdown } from "../../../components/status/render/markdown";
import { renderStatusAsText } from "../../../components/status/render/text";
import { NOW, seen } from "./seen";

const shown = { all: false, named: false, wide: false };
const named = (name: string, crd: CrdFacts): CrdFacts => ({ ...crd, name: `${name}.example.com`, plural: name });
const stale = (name: string): CrdFacts => named(name, seen("v1 v2*", { storedVersions: ["v1", "v2"] }));
const judged = (given: Partial<ClusterFacts>, namesContext = false) =>
  judgeClusterStatus(
    { context: "prod", server: "https://10.0.0.1:6443", crds: [], hidden: [], ...given },
    { now: NOW, namesContext, next: new Map() },
  );
const unseen: ClusterStatus = { context: "lab", error: "cluster unreachable: https://10.0.0.9:6443\n  expected: one" };

test("those that are ok are a count; of the others, a row and what to do", () => {
  expect(renderStatusAsText([judged({ crds: [named("as", seen("v1*")), stale("bs")] })], shown)).toBe(
    `context prod, https://10.0.0.1:6443: 2 CRDs: 1 ok, 1 migrate

NAME            STORAGE  STORED  SERVED  OBJECTS  CONVERSION  VERDICT
bs.example.com  v2       v1,v2   v1,v2   3        None        migrate

bs.example.com: migrate
  status.storedVersions is [v1, v2], and v2 is the storage version
    expected: [v2]
    why:      objects may be stored in v1, and a release that drops it is refused
    next:     kubernetes-storage-migration migrate bs.example.com
`,
  );
});

test("nothing to say is one line; --all and a name show the rows that are ok", () => {
  const cluster = judged({ crds: [named("as", seen("v1*"))] });
  expect(renderStatusAsText([cluster], shown)).toBe("context prod, https://10.0.0.1:6443: 1 CRD: 1 ok\n");
  for (const more of [{ all: true }, { named: true }]) {
    expect(renderStatusAsText([cluster], { ...shown, ...more })).toMatch(/^as\.example\.com +v1 .* ok$/m);
  }
});

test("findings of 20 CRDs, the worst first, and how many more; --all shows every one", () => {
  const crds = Array.from({ length: 24 }, (_, index) => stale(`a${String(index).padStart(2, "0")}s`));
  const broken = named("zs", seen("v1*", { objects: { state: "unreadable", why: "bad" } }));
  const cluster = judged({ crds: [...crds, broken] });
  const text = renderStatusAsText([cluster], shown);
  const heads = (output: string): string[] =>
    [...output.matchAll(/^(\w+)\.example\.com: /gm)].map(([, name = ""]) => name);
  expect(heads(text)).toEqual(["zs", ...crds.slice(0, 19).map(({ plural }) => plural)]);
  expect(text).toContain("… and 5 more CRDs; --all shows them");
  expect(heads(renderStatusAsText([cluster], { ...shown, all: true }))).toHaveLength(25);
});

test("commands to paste name the context where one was given", () => {
  expect(renderStatusAsText([judged({ crds: [stale("bs")] }, true)], shown)).toContain(
    "migrate bs.example.com --context prod\n",
  );
});

test("what a missing right hides is one line, with the first three names", () => {
  const crds = ["as", "bs", "cs", "ds"].map((name) => named(name, seen("v1*", { objects: { state: "forbidden" } })));
  expect(renderStatusAsText([judged({ crds, hidden: ["encryption: not allowed"] })], shown)).toMatch(
    /^not seen: objects of as\.example\.com, bs\.example\.com, cs\.example\.com, … and 1 more: not allowed to list them .*\nnot seen: encryption: not allowed$/m,
  );
});

test("API servers that run with different encryption configurations are a problem of the cluster", () => {
  const encryption = {
    description: "2 API servers (a, b)",
    servers: { a: "sha256:1", b: "none" },
    encrypted: ["secrets"],
  };
  const cluster = judged({ encryption });
  expect(renderStatusAsText([cluster], shown)).toMatch(
    /different encryption configurations:\n {4}a: sha256:1\n {4}b: none\n/,
  );
  expect(exitCodeOfClusterStatus([cluster])).toBe(1);
  const same = judged({ encryption: { ...encryption, servers: { a: "sha256:1", b: "sha256:1" } } });
  expect(renderStatusAsText([same], shown)).toContain(
    "encryption at rest: configuration sha256:1, 2 API servers (a, b): secrets\n",
  );
  expect(exitCodeOfClusterStatus([same])).toBe(0);
});

test.each<[ClusterStatus[], number]>([
  [[judged({ crds: [seen("v1*")] })], 0],
  [[judged({ crds: [seen("v1*")] }), judged({ crds: [stale("bs")] })], 1],
  [[judged({ crds: [stale("bs")] }), unseen], 2],
])("exit code %#", (clusters, code) => {
  expect(exitCodeOfClusterStatus(clusters)).toBe(code);
});

test("a cluster that could not be looked at is said, and the others are shown", () => {
  const text = renderStatusAsText([unseen, judged({ crds: [stale("bs")] })], shown);
  expect(text).toMatch(
    /^context lab: could not be looked at\n {2}cluster unreachable.*\n {4}expected: one\n\ncontext prod/,
  );
});

test("Markdown is a table and a list", () => {
  expect(renderStatusAsMarkdown([judged({ crds: [stale("bs")] })], shown)).toBe(`### prod

1 CRD: 0 ok, 1 migrate

| name | storage | stored | served | objects | conversion | verdict |
| --- | --- | --- | --- | --- | --- | --- |
| bs.example.com | v2 | v1,v2 | v1,v2 | 3 | None | migrate |

- **bs.example.com**: migrate
  - status.storedVersions is [v1, v2], and v2 is the storage version; expected [v2]; objects may be stored in v1, and a release that drops it is refused; kubernetes-storage-migration migrate bs.example.com
`);
});

test("JSON has every CRD, with its facts and findings, and sorted keys", () => {
  const text = renderStatusAsJson([judged({ crds: [named("as", seen("v1*")), stale("bs")] })]);
  const { clusters } = JSON.parse(text) as { clusters: { crds: { name: string; verdict: string }[] }[] };
  expect(clusters[0]?.crds.map(({ name, verdict }) => [name, verdict])).toEqual([
    ["as.example.com", "ok"],
    ["bs.example.com", "migrate"],
  ]);
  const keys = [...text.matchAll(/^ {10}"(\w+)":/gm)].map(([, key = ""]) => key);
  const first = keys.slice(0, keys.length / 2);
  expect(first).toContain("storedVersions");
  expect(first).toEqual([...first].sort());
});
