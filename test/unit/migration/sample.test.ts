import type { Schema } from "../../../components/crd/definition";
import type { ApiRequest, KubernetesObject } from "../../../components/kubernetes/api";
import type { Cluster } from "../../../components/kubernetes/cluster";
import { explainAnswer } from "../../../components/kubernetes/explain";
import { parseJson } from "../../../components/kubernetes/json";
import { describeRehearsalSample, readRehearsalSample } from "../../../components/migration/rehearsal/sample";
import { ETCD_LIMIT, storedSize } from "../../../components/migration/rehearsal/storedSize";

const resource = (version: string) => ({ group: "example.com", plural: "databases", version });
const object = (name: string, spec: object): KubernetesObject => ({
  apiVersion: "example.com/v1",
  kind: "Database",
  metadata: { namespace: "default", name, resourceVersion: "7" },
  spec,
});
const specSchema = (properties: Record<string, Schema>, more: Schema = {}): Schema => ({
  type: "object",
  properties: { spec: { type: "object", properties, ...more } },
});
const none = (schema: Schema) => ({ resource: resource("v2"), schema, isSame: true });
const webhook = (schema: Schema) => ({ resource: resource("v2"), schema, isSame: false });
const all = (...objects: KubernetesObject[]) => ({ objects, isAll: true });

test("the largest object is named, with what the defaults of the new version add and its key in etcd", () => {
  const small = object("small", {});
  const large = object("large", { text: "x".repeat(1_000) });
  const schema = specSchema({ text: { type: "string" }, added: { type: "string", default: "y".repeat(500) } });
  const grown = object("large", { text: "x".repeat(1_000), added: "y".repeat(500) });
  const bytes = storedSize(grown, resource("v2")).whole.toLocaleString("en-US");
  expect(describeRehearsalSample(all(small, large), resource("v1"), none(schema))).toEqual([
    `all 2 objects read: the largest, default/large, takes ${bytes} bytes as v2; etcd takes ${ETCD_LIMIT.toLocaleString("en-US")} by default`,
  ]);
});

test("a webhook has not been asked: the size is that of now, and nothing is said of the schema", () => {
  const found = describeRehearsalSample(
    all(object("a", { port: 0 })),
    resource("v1"),
    webhook(specSchema({}, { required: ["x"] })),
  );
  expect(found).toHaveLength(1);
  expect(found[0]).toContain("bytes as v1;");
});

test("what breaks the new schema: three objects by name, two reasons each, and counts of the rest", () => {
  const schema = specSchema(
    { port: { type: "integer", maximum: 9 }, name: { type: "string", pattern: "^[a-z]+$" } },
    { required: ["host"] },
  );
  const bad = [1, 2, 3, 4].map((n) => object(`bad-${n}`, { port: 70_000, name: "A" }));
  const sample = { objects: [object("good", { host: "h", port: 1 }), ...bad], isAll: false };
  expect(describeRehearsalSample(sample, resource("v1"), none(schema)).slice(1)).toEqual([
    [
      "the first 5 objects read: 4 break the schema of v2. A rewrite passes, and whoever changes these values later is refused:",
      "    default/bad-1: spec.host is required; spec.port is 70000; expected maximum 9; and 1 more",
      "    default/bad-2: spec.host is required; spec.port is 70000; expected maximum 9; and 1 more",
      "    default/bad-3: spec.host is required; spec.port is 70000; expected maximum 9; and 1 more",
      "    … and 1 more",
    ].join("\n"),
  ]);
});

test("a default of the new version fills in what it requires, and an unknown field breaks nothing", () => {
  const schema = specSchema({ host: { type: "string", default: "h" } }, { required: ["host"] });
  expect(describeRehearsalSample(all(object("a", { other: 1 })), resource("v1"), none(schema))).toHaveLength(1);
});

test("an integer beyond 2^53 is an integer", () => {
  const spec = parseJson('{"n": 9007199254740993}') as object;
  const schema = specSchema({ n: { type: "integer", format: "int64" } });
  expect(describeRehearsalSample(all(object("a", spec)), resource("v1"), none(schema))).toHaveLength(1);
});

test("a pattern that would take for ever here says nothing", () => {
  const schema = specSchema({ name: { type: "string", pattern: "^(a+)+$" } });
  const spec = { name: `${"a".repeat(60)}b` };
  expect(describeRehearsalSample(all(object("a", spec)), resource("v1"), none(schema))).toHaveLength(1);
});

test("a single object is the only one", () => {
  const [line] = describeRehearsalSample(all(object("a", {})), resource("v1"), none(specSchema({})));
  expect(line).toMatch(/^the only object read, default\/a, takes \d+ bytes as v2; /);
});

test("no object, no line", () => {
  expect(describeRehearsalSample(all(), resource("v1"), none(specSchema({})))).toEqual([]);
});

describe("reading it", () => {
  const answering = (answer: unknown) => {
    const requests: ApiRequest[] = [];
    const call = (request: ApiRequest): Promise<unknown> => {
      requests.push(request);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    };
    return { cluster: { call } as unknown as Cluster, requests };
  };

  test("one request, however many objects there are", async () => {
    const { cluster, requests } = answering({ items: [object("a", {})], metadata: { continue: "more" } });
    expect(await readRehearsalSample(cluster, resource("v1"))).toMatchObject({ objects: [{}], isAll: false });
    expect(requests).toEqual([{ method: "GET", path: "/apis/example.com/v1/databases", query: { limit: 50 } }]);
  });

  test("objects that cannot be listed are no reason to stop a preview", async () => {
    const request: ApiRequest = { method: "GET", path: "/" };
    const { cluster } = answering(explainAnswer(request, { status: 403, headers: {}, text: "{}" }, "https://cp"));
    expect(await readRehearsalSample(cluster, resource("v1"))).toBeUndefined();
  });
});
