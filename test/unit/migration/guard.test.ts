import type { ApiRequest, KubernetesObject } from "../../../components/kubernetes/api";
import { ApiError } from "../../../components/kubernetes/errors";
import { stringifyJson } from "../../../components/kubernetes/json";
import { type Guard, rewriteObject, rewriteUnderGuard } from "../../../components/migration/rewrite/guard";
import { guardOperations } from "../../../components/migration/rewrite/guardOperations";

const to = { group: "g", version: "v2", plural: "foos" };
const from = { ...to, version: "v1" };
const signal = new AbortController().signal;
const named = (resourceVersion: string, rest: object): KubernetesObject => ({
  metadata: { name: "x", resourceVersion },
  ...rest,
});
const refused = (message: string) =>
  new ApiError(message, 422, "Invalid", message, { method: "PATCH", path: "/apis/g/v2/foos/x" });
const TEST_FAILED = "the server rejected our request due to an error in our request";

/** Answers one after the other, and keeps what was asked. */
function caller(...answers: unknown[]): { asked: ApiRequest[]; call: <T>(request: ApiRequest) => Promise<T> } {
  const asked: ApiRequest[] = [];
  return {
    asked,
    call: <T>(request: ApiRequest) => {
      asked.push(request);
      const answer = answers.shift();
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer as T);
    },
  };
}

const guard: Guard = {
  from,
  expected: ({ metadata, hostPort }) => {
    const [host, port] = String(hostPort).split(":");
    return Promise.resolve({ metadata, host, port });
  },
  assertKept: ({ hostPort }, { host, port }) =>
    hostPort === `${String(host)}:${String(port)}` ? Promise.resolve() : Promise.reject(new Error("changes .hostPort")),
};

test("each field is tested whole; of the metadata, labels and annotations alone, or that there are none", () => {
  const metadata = { name: "x", resourceVersion: "1", labels: { "a/b": "c" } };
  const spec = { list: [1, { on: false }], none: null, empty: {}, text: "" };
  const object = { apiVersion: "g/v2", kind: "Foo", metadata, spec, status: null, "a/b~": 1 };
  expect(guardOperations(object)).toEqual([
    { op: "test", path: "/metadata/labels", value: { "a/b": "c" } },
    { op: "test", path: "/metadata/annotations", value: null },
    { op: "test", path: "/a~1b~0", value: 1 },
    { op: "test", path: "/spec", value: spec },
    { op: "test", path: "/status", value: null },
  ]);
});

test("a field with null in a list, which the API server cannot compare, is written as it is expected, if the object has not moved", () => {
  const spec = { list: [1, null, {}], other: [2] };
  expect(guardOperations(named("7", { spec, text: "" })).slice(2)).toEqual([
    { op: "test", path: "/metadata/resourceVersion", value: "7" },
    { op: "add", path: "/spec", value: spec },
    { op: "test", path: "/text", value: "" },
  ]);
  // Where it is a subresource, the API server keeps its own.
  const status = { list: [null, 1], ready: true };
  expect(guardOperations(named("7", { status })).slice(2)).toEqual([
    { op: "test", path: "/status/list/1", value: 1 },
    { op: "test", path: "/status/ready", value: true },
    { op: "test", path: "/metadata/resourceVersion", value: "7" },
    { op: "add", path: "/status", value: status },
  ]);
});

describe("an object that is older than the flip", () => {
  const since: Guard = { ...guard, expected: () => Promise.resolve(converted), upTo: "5" };
  const converted = named("1", { host: "a", port: "1", mode: {} });

  test.each<[string, KubernetesObject]>([
    ["lose .mode", named("1", { host: "a", port: "1" })],
    ["add .metadata.labels", { ...converted, metadata: { ...converted.metadata, labels: { a: "b" } } }],
  ])("is not rewritten where the API server's conversion has begun to %s", async (what, found) => {
    const asks = caller(refused(TEST_FAILED), found);
    const original = named("1", { hostPort: "a:1" });
    await expect(rewriteUnderGuard(asks, to, since, original, { signal })).rejects.toThrow(`has just begun to ${what}`);
  });
});

test("fields that the schema knows and the object has not must not be there", () => {
  const schema = { type: "object", properties: { metadata: {}, spec: {}, status: {}, suspend: { type: "boolean" } } };
  expect(guardOperations(named("1", { spec: { a: 1 } }), schema).slice(2)).toEqual([
    { op: "test", path: "/spec", value: { a: 1 } },
    { op: "test", path: "/status", value: null },
    { op: "test", path: "/suspend", value: null },
  ]);
});

test("text is sent as Go writes it", () => {
  expect(stringifyJson(["<a>&\u2028", 9])).toBe('["\\u003ca\\u003e\\u0026\\u2028",9]');
});

test("an object that its owner wrote in between is looked at anew; then it is rewritten", async () => {
  const asks = caller(refused(TEST_FAILED), named("2", {}), named("2", { hostPort: "b:2" }), named("3", {}));
  const answer = await rewriteUnderGuard(asks, to, guard, named("1", { hostPort: "a:1" }), { signal });
  expect(answer.metadata.resourceVersion).toBe("3");
  expect(asks.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "PATCH /apis/g/v2/foos/x",
    "GET /apis/g/v2/foos/x",
    "GET /apis/g/v1/foos/x",
    "PATCH /apis/g/v2/foos/x",
  ]);
  expect(asks.asked[3]?.body).toContainEqual({ op: "test", path: "/port", value: "2" });
});

test("what the API server's conversion loses is not rewritten, and the field is named", async () => {
  const original = named("1", { hostPort: "a:1" });
  const asks = caller(refused(TEST_FAILED), named("1", { host: "a" }));
  await expect(rewriteUnderGuard(asks, to, guard, original, { signal })).rejects.toThrow(
    /not rewritten: the conversion to v2 has just begun to lose \.port/,
  );
});

test("what it changes is not rewritten either", async () => {
  const original = named("1", { hostPort: "a:1" });
  const asks = caller(refused(TEST_FAILED), named("1", { host: "a", port: "0" }));
  await expect(rewriteUnderGuard(asks, to, guard, original, { signal })).rejects.toThrow("changes .hostPort");
  expect(asks.asked).toHaveLength(2);
});

test("one that holds more than the old version shows is rewritten by what it holds", async () => {
  const lenient: Guard = {
    ...guard,
    expected: ({ metadata }) => Promise.resolve({ metadata, host: "a", port: "1", mode: "b" }),
  };
  const asks = caller(refused(TEST_FAILED), named("1", { host: "a", port: "1", mode: "c" }), named("1", {}));
  await rewriteUnderGuard(asks, to, lenient, named("1", { hostPort: "a:1" }), { signal });
  expect(asks.asked[2]?.body).toContainEqual({ op: "test", path: "/mode", value: "c" });
});

test("a webhook whose replicas differ is asked five times, not for ever", async () => {
  const whole = named("1", { host: "a", port: "1" });
  const asks = caller(...Array.from({ length: 5 }, () => [refused(TEST_FAILED), whole]).flat(), whole);
  await expect(rewriteUnderGuard(asks, to, guard, named("1", { hostPort: "a:1" }), { signal })).rejects.toThrow(
    /replicas/,
  );
});

test("another refusal is the server's own", async () => {
  const asks = caller(refused('foos.g "x" is invalid: port: Required value'));
  await expect(rewriteUnderGuard(asks, to, guard, named("1", { hostPort: "a:1" }), { signal })).rejects.toThrow(
    /Required/,
  );
  expect(asks.asked).toHaveLength(1);
});

test("one that is written four times while it is looked at, and is refused after that, ends as well", async () => {
  const shown = (revision: number): KubernetesObject => named(String(revision), { hostPort: "b:2" });
  const found = named("14", { host: "b", port: "2" });
  const written = [shown(7), shown(8), shown(9), shown(10), shown(11), shown(12), shown(13), shown(14)];
  const asks = caller(shown(6), ...written, found, refused(TEST_FAILED), found, found);
  const since: Guard = { ...guard, upTo: "5" };
  await expect(rewriteObject(asks, to, since, shown(6), { signal })).rejects.toThrow(/replicas/);
  expect(asks.asked).toHaveLength(13);
});

describe("an object that was written since the flip", () => {
  const since: Guard = { ...guard, upTo: "5", expected: () => Promise.reject(new Error("is not asked")) };
  const listed = named("6", { hostPort: "a:1" });
  const whole = named("6", { host: "a", port: "1", mode: "only the new version shows it" });
  const requests = ({ asked }: ReturnType<typeof caller>): string[] =>
    asked.map(({ method, path }) => `${method} ${path.replace("/apis/g/", "")}`);

  test("is rewritten by what is found in the new version", async () => {
    // What the list shows of it may be an older conversion.
    const asks = caller(listed, whole, named("7", {}));
    const answer = await rewriteObject(asks, to, since, named("6", { hostPort: "a" }), { signal });
    expect(answer.metadata.resourceVersion).toBe("7");
    expect(requests(asks)).toEqual(["GET v1/foos/x", "GET v2/foos/x", "PATCH v2/foos/x"]);
    expect(asks.asked[2]?.body).toEqual(guardOperations(whole));
  });

  test("and would lose something when it is converted is not rewritten", async () => {
    const asks = caller(listed, named("6", { host: "a" }));
    await expect(rewriteObject(asks, to, since, listed, { signal })).rejects.toThrow("changes .hostPort");
    expect(requests(asks)).toEqual(["GET v1/foos/x", "GET v2/foos/x"]);
  });

  test("and begins to lose something between the look and the rewrite is not rewritten", async () => {
    const asks = caller(listed, whole, refused(TEST_FAILED), named("6", { host: "a" }));
    await expect(rewriteObject(asks, to, since, listed, { signal })).rejects.toThrow(
      /has just begun to lose \.mode, \.port/,
    );
  });

  test("and again since the list is read once more", async () => {
    const later = named("8", { host: "b", port: "2" });
    const asks = caller(listed, later, named("8", { hostPort: "b:2" }), later, named("9", {}));
    await rewriteObject(asks, to, since, listed, { signal });
    expect(requests(asks).slice(2)).toEqual(["GET v1/foos/x", "GET v2/foos/x", "PATCH v2/foos/x"]);
    expect(asks.asked[4]?.body).toEqual(guardOperations(later));
  });

  test("only after it was listed is rewritten by what is found, too", async () => {
    const later = named("8", { host: "b", port: "2" });
    const asks = caller(refused(TEST_FAILED), later, named("8", { hostPort: "b:2" }), later, named("9", {}));
    const older: Guard = { ...since, expected: guard.expected.bind(guard) };
    await rewriteObject(asks, to, older, named("1", { hostPort: "a:1" }), { signal });
    expect(requests(asks)[0]).toBe("PATCH v2/foos/x");
    expect(asks.asked.at(-1)?.body).toEqual(guardOperations(later));
  });

  test("each time that it is looked at is touched in the end: it was written since all servers agreed", async () => {
    let revision = 6;
    const asks = caller();
    const hot = {
      ...asks,
      call: <T>({ method, body }: ApiRequest) =>
        Promise.resolve((method === "GET" ? named(String(++revision), {}) : { body }) as T),
    };
    expect(await rewriteObject(hot, to, since, listed, { signal })).toEqual({ body: {} });
    expect(revision).toBeLessThan(20);
  });
});

test("a copy in the watch cache that a webhook lost something of, and that is right by now, is told as what it is", async () => {
  const whole = named("1", { host: "a", port: "1" });
  const refusals = Array.from({ length: 5 }, () => [refused(TEST_FAILED), whole]).flat();
  const asks = caller(...refusals, named("1", { host: "a" }));
  await expect(rewriteUnderGuard(asks, to, guard, named("1", { hostPort: "a:1" }), { signal })).rejects.toThrow(
    /watch cache still holds a wrong conversion to v2 of it \(\.port\)/,
  );
  expect(asks.asked.at(-1)?.query).toEqual({ resourceVersion: "0" });
});
