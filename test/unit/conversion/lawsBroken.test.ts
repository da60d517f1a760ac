import fc from "fast-check";
import { defineConversion, type Conversion } from "../../../components/conversion";
import { checkLaws, laws } from "../../../components/conversionTesting/checkLaws";

const text = { type: "string" } as const;
const options = { runs: 50, seed: 1 };

function broken(conversion: Conversion, runs = options): { laws: string[]; messages: string } {
  const found = checkLaws(conversion, runs);
  return { laws: [...new Set(found.map(({ law }) => law))], messages: found.map(({ message }) => message).join("\n") };
}

/** One field that is mapped, which is where users' own code runs. */
function mapped(up: (value: string) => string | undefined, down: (value: string) => string | undefined): Conversion {
  const schema = {
    type: "object",
    properties: { spec: { type: "object", properties: { a: text, b: text } } },
  } as const;
  return defineConversion({
    group: "example.com",
    kind: "Widget",
    versions: { v1: schema, v2: schema },
    steps: (step) => [step("v1", "v2", (m) => [m.map("spec.a", "spec.a", { up, down })])],
  });
}

test("a conversion that throws on a valid object => its smallest object, as YAML, with the reason and the seed", () => {
  const conversion = mapped(
    (a) => {
      if (a.includes(":")) throw new Error(`no colon, please: ${a}`);
      return a;
    },
    (a) => a,
  );
  const { messages } = broken(conversion);
  expect(messages).toContain(
    [
      "Widget v1 → v2: there and back gives the same object: Widget example: v1→v2: spec.a: no colon, please: :",
      "the smallest object that shows it (seed 1):",
      "  apiVersion: example.com/v1",
      "  kind: Widget",
      "  metadata:",
      "    name: example",
      "  spec:",
      '    a: ":"',
    ].join("\n"),
  );
});

test("a lossy conversion is made whole by the annotation: no law is broken", () => {
  expect(
    broken(
      mapped(
        (a) => a.toUpperCase(),
        (a) => a.toLowerCase(),
      ),
    ).laws,
  ).toEqual([]);
});

test("a conversion with a memory => not the same bytes every time", () => {
  let calls = 0;
  const conversion = mapped(
    (a) => a + String(calls++),
    (a) => a.replace(/\d+$/, ""),
  );
  expect(broken(conversion).laws).toContain("step by step and at once give the same, with the same bytes every time");
});

test("values that the new schema does not allow => not valid", () => {
  const schema = (bounds: object) =>
    ({
      type: "object",
      properties: { spec: { type: "object", properties: { a: { type: "string", ...bounds } } } },
    }) as const;
  const conversion = defineConversion({
    group: "example.com",
    kind: "Widget",
    versions: { v1: schema({}), v2: schema({ maxLength: 3 }) },
    steps: (step) => [step("v1", "v2", (m) => [m.keep("spec.a")])],
  });
  const found = broken(conversion);
  expect(found.laws).toEqual(["a valid object stays valid, and nothing of it is pruned"]);
  expect(found.messages).toMatch(/not valid in v2: spec\.a is ".{4,}"; expected maxLength 3/);
});

test("a field that v2 requires and nothing gives => not valid", () => {
  const conversion = defineConversion({
    group: "example.com",
    kind: "Widget",
    versions: {
      v1: { type: "object", properties: { spec: { type: "object", properties: { a: text } } } },
      v2: {
        type: "object",
        properties: { spec: { type: "object", required: ["b"], properties: { a: text, b: text } } },
      },
    },
    steps: (step) => [step("v1", "v2", (m) => [m.added("spec.b")])],
  });
  expect(broken(conversion).messages).toMatch(/not valid in v2: spec\.b is required/);
});

/** What the engine promises and a user cannot break: the laws are tried on conversions that are no SDK's. */
function tampered(tamper: (object: Record<string, unknown>, input: Record<string, unknown>) => unknown): Conversion {
  const honest = mapped(
    (a) => a,
    (a) => a,
  );
  return answering(
    honest,
    (object, to, options) =>
      tamper({ ...honest.convert(object, to, options) }, object as Record<string, unknown>) as Record<string, unknown>,
  );
}

/** Laws are tried by reviews, as the API server asks. */
function answering(honest: Conversion, convert: Conversion["convert"]): Conversion {
  return {
    ...honest,
    review(body, options) {
      const { objects, desiredAPIVersion } = (body as { request: { objects: object[]; desiredAPIVersion: string } })
        .request;
      const convertedObjects = objects.map((object) => convert(object, desiredAPIVersion, options));
      const { response, ...head } = honest.review(body, options);
      return { ...head, response: { ...response, convertedObjects } };
    },
  };
}

test("laws are tried by the very function that the server answers with", () => {
  const honest = mapped(
    (a) => a,
    (a) => a,
  );
  const { response, ...head } = honest.review({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "ConversionReview",
    request: { uid: "u", desiredAPIVersion: "example.com/v2", objects: [] },
  });
  const empty: Conversion = { ...honest, review: () => ({ ...head, response }) };
  expect(broken(empty).messages).toContain("the review was answered without the object");
  const result = { status: "Failure", message: "not today" } as const;
  const failing: Conversion = { ...honest, review: () => ({ ...head, response: { ...response, result } }) };
  expect(broken(failing).messages).toContain("there and back gives the same object: not today");
});

test.each<[string, Parameters<typeof tampered>[0], string]>([
  ["drops a field", ({ spec: _, ...rest }) => rest, "there and back gives the same object"],
  [
    "makes a field appear",
    (o) => ({ ...o, spec: { a: "default", ...(o["spec"] as object) } }),
    "a part of an object is converted, and no field appears",
  ],
  [
    "changes the name",
    (o) => ({ ...o, metadata: { ...(o["metadata"] as object), name: "other" } }),
    "of metadata only the conversion's own annotations change",
  ],
  [
    "changes its input",
    (o, input) =>
      ((input["spec"] as { a?: string } | undefined) ?? {}).a === undefined
        ? o
        : (((input["spec"] as { a: string }).a = "x"), o),
    "there and back gives the same object",
  ],
  [
    "loses odd keys",
    (o) => JSON.parse(JSON.stringify(o, (key, value: unknown) => (key === "__proto__" ? undefined : value))),
    "hostile keys and forged annotations do no harm",
  ],
])("a conversion that %s => found out", (_, tamper, law) => {
  expect(broken(tampered(tamper)).laws).toContain(law);
});

test("a default filled in on the way, and taken out again => appeared from nothing", () => {
  const filling = tampered((o) => {
    const spec = o["spec"] as { a?: string } | undefined;
    if (spec === undefined) return o;
    const { a, ...rest } = spec;
    if (o["apiVersion"] === "example.com/v2") return { ...o, spec: { ...rest, a: a ?? "default" } };
    return a === "default" ? { ...o, spec: rest } : o;
  });
  expect(broken(filling).messages).toContain("and no field appears: spec.a appeared from nothing in v2");
});

test("an annotation that is always believed => the edit is lost", () => {
  const believing = tampered((o, input) => {
    const metadata = o["metadata"] as { annotations?: Record<string, string> } | undefined;
    const { all, ...annotations } = metadata?.annotations ?? {};
    if (o["apiVersion"] === "example.com/v1") {
      const meta = { ...metadata, annotations };
      return { ...o, ...(all !== undefined && { spec: JSON.parse(all) as unknown }), metadata: meta };
    }
    if (input["spec"] === undefined) return o;
    return { ...o, metadata: { ...metadata, annotations: { ...annotations, all: JSON.stringify(input["spec"]) } } };
  });
  const found = broken(believing);
  expect(found.laws).toContain("an edit in the other version wins, and the rest is as it was");
  expect(found.messages).toMatch(/spec\.\w was edited in v2 to .*; after v1 it shows something else/);
});

test("a conversion that rounds numbers => found out", () => {
  const schema = {
    type: "object",
    properties: { spec: { type: "object", properties: { n: { type: "integer", format: "int64" } } } },
  } as const;
  const honest = defineConversion({
    group: "example.com",
    kind: "Widget",
    versions: { v1: schema, v2: schema },
    steps: (step) => [step("v1", "v2", () => [])],
  });
  const round = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value).replace(/"exact:[^"]*:(\d+)"/g, (_, digits: string) => String(Number(digits))));
  const rounding = answering(honest, (o, to, k) => round(honest.convert(o, to, k)) as Record<string, unknown>);
  expect(broken(rounding).laws).toContain("numbers that no move touches keep every digit");
});

test("arbitraries of the user's own take the place of the schema's", () => {
  const picky = mapped(
    (a) => {
      if (!/^\w+:\d+$/.test(a)) throw new Error("expected HOST:PORT");
      return a;
    },
    (a) => a,
  );
  const hostPort = { "spec.a": fc.constantFrom("a:1", "b:2") };
  expect(checkLaws(picky, { ...options, values: { v1: hostPort, v2: hostPort } })).toEqual([]);
  expect(checkLaws(picky, options)).not.toEqual([]);
});

test("the same seed gives the same message", () => {
  const conversion = mapped(
    (a) => (a.length > 2 ? (7 as never) : a),
    (a) => a,
  );
  expect(broken(conversion)).toEqual(broken(conversion));
  expect(broken(conversion).messages).toContain("spec.a: gave 7 for spec.a; expected string");
});

test.each([
  ["^[a-z]{2,4}$", []],
  ["(?i)^a$", /spec\.a: no strings can be made for its pattern \(\?i\)\^a\$ .*values: \{ VERSION: \{ "spec\.a"/],
])("pattern %s => strings that match it, or what to do", (pattern, expected) => {
  const schema = {
    type: "object",
    properties: { spec: { type: "object", properties: { a: { type: "string", pattern } } } },
  };
  const conversion = defineConversion({
    group: "example.com",
    kind: "Widget",
    versions: { v1: schema, v2: schema },
    steps: (step) => [step("v1", "v2", () => [])],
  });
  if (expected instanceof RegExp) expect(() => checkLaws(conversion, options)).toThrow(expected);
  else expect(checkLaws(conversion, options)).toEqual(expected);
});

test("no test runner => says what to use instead", () => {
  const runner = globalThis as { describe?: unknown };
  const { describe } = runner;
  try {
    delete runner.describe;
    expect(() =>
      laws(
        mapped(
          (a) => a,
          (a) => a,
        ),
      ),
    ).toThrow(/checkLaws\(\)/);
  } finally {
    runner.describe = describe;
  }
});
