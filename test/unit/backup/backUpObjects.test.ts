import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { backUpObjects } from "../../../components/backup/backUpObjects";
import type { ApiRequest, KubernetesObject } from "../../../components/kubernetes/api";
import type { Cluster } from "../../../components/kubernetes/cluster";
import { parseJson } from "../../../components/kubernetes/json";

const of = {
  resource: { group: "example.com", version: "v2", plural: "databases" },
  kind: "Database",
  name: "databases.example.com-drop-v1",
  id: "uid-1",
};
const complete = ["databases.example.com-drop-v1"];

let dir = "";
beforeEach(() => (dir = fs.mkdtempSync(path.join(os.tmpdir(), "backup-"))));
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

const object = (name: string, more: object = {}): KubernetesObject => ({
  apiVersion: "example.com/v2",
  kind: "Database",
  metadata: { name, namespace: "default", uid: `uid-${name}`, resourceVersion: "7", ...more },
  spec: { size: 1 },
});

/** A cluster with these pages; `before` is told of each request for one. */
function clusterWith(pages: KubernetesObject[][], before: (page: number) => void = () => undefined): Cluster {
  const call = ({ query }: ApiRequest): Promise<unknown> => {
    const page = Number(query?.["continue"] ?? 0);
    before(page);
    const token = page + 1 < pages.length ? { continue: String(page + 1) } : {};
    return Promise.resolve({ metadata: { resourceVersion: "9", ...token }, items: pages[page] });
  };
  return { call } as unknown as Cluster;
}

const backUp = (cluster: Cluster, directory = dir): Promise<string> =>
  backUpObjects(directory, of, { cluster, report: () => undefined, signal: new AbortController().signal });
const modeOf = (...file: string[]): string => (fs.statSync(path.join(dir, ...file)).mode & 0o777).toString(8);
const read = (folder: string, file: string): string => fs.readFileSync(path.join(dir, folder, file), "utf8");
const failed = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "no error",
    (error: Error) => error.message,
  );

test("each page is a List of objects, one a line, readable to this user alone", async () => {
  const said = await backUp(clusterWith([[object("a"), object("b")], [object("c")]]), path.join(dir, "new", "backups"));
  const folder = path.join("new", "backups", "databases.example.com-drop-v1");
  expect(said).toBe(`3 objects backed up to ${path.join(dir, folder)}`);
  expect(fs.readdirSync(path.join(dir, folder))).toEqual(["databases-000001.json", "databases-000002.json"]);
  expect(read(folder, "databases-000001.json")).toBe(
    `{"apiVersion":"v1","kind":"List","items":[
{"apiVersion":"example.com/v2","kind":"Database","metadata":{"name":"a","namespace":"default"},"spec":{"size":1}},
{"apiVersion":"example.com/v2","kind":"Database","metadata":{"name":"b","namespace":"default"},"spec":{"size":1}}
]}
`,
  );
  expect(JSON.parse(read(folder, "databases-000002.json"))).toMatchObject({ items: [{ metadata: { name: "c" } }] });
  expect([modeOf("new"), modeOf(folder), modeOf(folder, "databases-000001.json")]).toEqual(["700", "700", "600"]);
});

test("what the API server sets is left out, and owners, whose uids may be gone; everything else is as it was", async () => {
  const mine = { labels: { a: "b" }, annotations: { c: "d" }, finalizers: ["example.com/f"] };
  const servers = {
    ...{ generation: 3, creationTimestamp: "2026-01-01T00:00:00Z", managedFields: [{}], selfLink: "/apis" },
    ...{ deletionTimestamp: "2026-01-02T00:00:00Z", deletionGracePeriodSeconds: 0 },
    ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: "uid-2" }],
  };
  const large = parseJson('{"id":9007199254740993,"text":"<a>"}');
  const found = { ...object("a", { ...mine, ...servers }), spec: large, status: { ready: true } };
  await backUp(clusterWith([[found]]));
  const text = read("databases.example.com-drop-v1", "databases-000001.json");
  expect(text).toContain('"id":9007199254740993,"text":"<a>"');
  expect(parseJson(text)).toEqual({
    apiVersion: "v1",
    kind: "List",
    items: [
      {
        apiVersion: "example.com/v2",
        kind: "Database",
        metadata: { name: "a", namespace: "default", ...mine },
        spec: large,
        status: { ready: true },
      },
    ],
  });
});

test("the next backup of the same drop gets a number, and what is there stays as it is", async () => {
  await backUp(clusterWith([[object("a")]]));
  await backUp(clusterWith([[object("b")]]));
  expect(await backUp(clusterWith([[object("c")]]))).toMatch(/databases\.example\.com-drop-v1-3$/);
  const names = fs.readdirSync(dir).map((folder) => /"name":"(.)"/.exec(read(folder, "databases-000001.json"))?.[1]);
  expect(fs.readdirSync(dir)).toEqual([...complete, `${complete[0]}-2`, `${complete[0]}-3`]);
  expect(names).toEqual(["a", "b", "c"]);
});

test("a CRD without an object has a backup as well", async () => {
  expect(await backUp(clusterWith([[]]))).toMatch(/^0 objects backed up/);
  expect(fs.readdirSync(dir)).toEqual(complete);
});

test("an error of the API server in the middle leaves nothing behind", async () => {
  const cluster = clusterWith([[object("a")], [object("b")]], (page) => {
    if (page === 1) throw new Error("no answer");
  });
  expect(await failed(backUp(cluster))).toBe("no answer");
  expect(fs.readdirSync(dir)).toEqual([]);
});

test("T1 under way and killed it is a hidden folder, T2 which the next one takes away", async () => {
  const hidden = ".incomplete-uid-1";
  const during: string[][] = [];
  const look = clusterWith([[object("a")], [object("b")], [object("c")]], () => during.push(fs.readdirSync(dir)));
  await backUp(look);
  expect(during).toEqual([[hidden], [hidden], [hidden]]);
  fs.rmSync(path.join(dir, complete[0] ?? ""), { recursive: true });
  fs.mkdirSync(path.join(dir, hidden));
  fs.writeFileSync(path.join(dir, hidden, "databases-000009.json"), "left");
  await backUp(clusterWith([[object("a")]]));
  expect(fs.readdirSync(dir)).toEqual(complete);
  expect(fs.readdirSync(path.join(dir, complete[0] ?? ""))).toEqual(["databases-000001.json"]);
});

test("a file that cannot be written is an error that says what to do, and nothing looks complete", async () => {
  const cluster = clusterWith([[object("a")], [object("b")], [object("c")]], (page) => {
    if (page !== 2) return;
    for (const each of fs.readdirSync(dir)) fs.rmSync(path.join(dir, each), { recursive: true });
  });
  expect(await failed(backUp(cluster))).toMatch(
    /^cannot write the backup .*databases\.example\.com-drop-v1: .*ENOENT.*\n {2}expected: a folder .*\n {2}why: {6}nothing is dropped\n {2}next: {5}make room/,
  );
  expect(fs.readdirSync(dir)).toEqual([]);
});

test("a run that ends in the middle leaves nothing that looks complete", async () => {
  const stop = new AbortController();
  const cluster = clusterWith([[object("a")], [object("b")], [object("c")]], (page) => {
    if (page === 2) stop.abort(new Error("the lock is lost"));
  });
  const work = { cluster, report: () => undefined, signal: stop.signal };
  expect(await failed(backUpObjects(dir, of, work))).toBe("the lock is lost");
  expect(fs.readdirSync(dir)).toEqual([]);
});
