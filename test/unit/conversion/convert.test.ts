import { defineConversion } from "../../../components/conversion";
import { oddities, selfies, widgets } from "./examples";

const metadata = { name: "one", namespace: "default", uid: "u", labels: { a: "b" } };
const selfie = (version: string, fields: object, annotations?: object) => ({
  apiVersion: `stable.example.com/${version}`,
  kind: "SelfieRequest",
  metadata: { ...metadata, ...(annotations && { annotations }) },
  ...fields,
});
const widget = (version: string, fields: object) => ({
  apiVersion: `example.com/${version}`,
  kind: "Widget",
  metadata,
  ...fields,
});

test("the tutorial's hostPort is host and port, there and back", () => {
  const old = selfie("v1", { hostPort: "[::1]:8080" });
  const converted = selfies.convert(old, "v2");
  expect(converted).toEqual(selfie("v2", { host: "[::1]", port: "8080" }));
  expect(selfies.convert(converted, "v1")).toEqual(old);
});

test("what the other version cannot show is kept and comes back", () => {
  const old = selfie("v1", { hostPort: "no colon" });
  const converted = selfies.convert(old, "v2");
  expect(converted).toEqual(
    selfie("v2", {}, { "conversion.stable.example.com/v1": '{"hostPort":{"value":{"hostPort":"no colon"}}}' }),
  );
  expect(selfies.convert(converted, "v1")).toEqual(old);
});

test("what was edited in between wins", () => {
  const converted = selfies.convert(selfie("v1", { hostPort: "no colon" }), "v2");
  expect(selfies.convert({ ...converted, host: "a", port: "1" }, "v1")).toEqual(selfie("v1", { hostPort: "a:1" }));
});

test("half of a split field is kept, not shown", () => {
  const half = selfie("v2", { host: "a" });
  const old = selfies.convert(half, "v1");
  expect(old["hostPort"]).toBeUndefined();
  expect(selfies.convert(old, "v2")).toEqual(half);
});

test.each([[{}], [{ metadata: {} }], [{ metadata, spec: null }], [{ metadata, spec: {} }]])(
  "partial object %j => converted, and nothing appears but metadata",
  (fields) => {
    const partial = { apiVersion: "example.com/v1", kind: "Widget", ...fields };
    expect(widgets.convert(partial, "v3")).toEqual({ metadata: {}, ...partial, apiVersion: "example.com/v3" });
  },
);

test("three versions: renamed, removed, wrapped, listed, and back", () => {
  const v1 = widget("v1", {
    spec: {
      size: 3,
      mode: "Fast",
      legacy: { note: "n" },
      tls: { secret: "s" },
      ports: [{ num: 1, hint: "a" }, { num: 2 }, { num: 3, hint: "c" }],
    },
    status: { observed: 7 },
  });
  const v3 = widgets.convert(v1, "v3");
  expect(v3["spec"]).toEqual({
    scaling: { replicas: 3 },
    mode: "Fast",
    tls: [{ secretName: "s" }],
    endpoints: [{ number: 1 }, { number: 2 }, { number: 3 }],
  });
  expect(v3["status"]).toEqual({ observed: 7 });
  expect(widgets.convert(v3, "v1")).toEqual(v1);
});

test("an element's own fields follow it when another is inserted before it, and leave with it", () => {
  const v1 = widget("v1", {
    spec: {
      ports: [
        { num: 1, hint: "a" },
        { num: 2, hint: "b" },
      ],
    },
  });
  const v2 = widgets.convert(v1, "v2");
  const edited = { ...v2, spec: { ports: [{ number: 9 }, { number: 2 }] } };
  expect(widgets.convert(edited, "v1")["spec"]).toEqual({ ports: [{ num: 9 }, { num: 2, hint: "b" }] });
});

test("a list with map keys finds its elements by them, edited or not", () => {
  const v2 = widget("v2", { spec: { ports: [{ number: 1, protocol: "TCP" }] } });
  const v3 = widget("v3", { spec: { endpoints: [{ number: 1, protocol: "SCTP" }, { number: 2 }] } });
  const shown = widgets.convert(v3, "v2");
  expect(shown["spec"]).toEqual({ ports: [{ number: 1 }, { number: 2 }] });
  expect(widgets.convert(shown, "v3")).toEqual(v3);
  expect(widgets.convert(widgets.convert(v2, "v3"), "v2")).toEqual(v2);
});

test("an enum that grew: shown as the nearest, restored unless edited", () => {
  const v2 = widget("v2", { spec: { mode: "Paranoid", replicas: 1 } });
  const v1 = widgets.convert(v2, "v1");
  expect(v1["spec"]).toEqual({ mode: "Safe", size: 1 });
  expect(widgets.convert(v1, "v2")).toEqual(v2);
  expect(widgets.convert({ ...v1, spec: { mode: "Safe", size: 2 } }, "v2")["spec"]).toEqual({
    mode: "Paranoid",
    replicas: 2,
  });
  expect(widgets.convert({ ...v1, spec: { mode: "Fast", size: 1 } }, "v2")["spec"]).toEqual({
    mode: "Fast",
    replicas: 1,
  });
});

test("a longer list than one keeps the rest; an edit of the first keeps it too", () => {
  const v2 = widget("v2", { spec: { tls: [{ secretName: "a" }, { secretName: "b" }] } });
  const v1 = widgets.convert(v2, "v1");
  expect(v1["spec"]).toEqual({ tls: { secret: "a" } });
  expect(widgets.convert(v1, "v2")).toEqual(v2);
  const edited = widgets.convert({ ...v1, spec: { tls: { secret: "z" } } }, "v2");
  expect(edited["spec"]).toEqual({ tls: [{ secretName: "z" }, { secretName: "b" }] });
});

test("an object that only one version has, empty or null, is the same after the way back", () => {
  for (const legacy of [{}, null]) {
    const v1 = widget("v1", { spec: { legacy } });
    expect(widgets.convert(widgets.convert(v1, "v3"), "v1")).toEqual(v1);
  }
  for (const scaling of [{}, null, { limit: 3 }]) {
    const v3 = widget("v3", { spec: { scaling } });
    expect(widgets.convert(widgets.convert(v3, "v1"), "v3")).toEqual(v3);
  }
});

test("spec taken away in between takes what it had with it", () => {
  const v2 = widgets.convert(widget("v1", { spec: { size: 1, legacy: { note: "n" } } }), "v2");
  const { spec: _, ...rest } = v2;
  expect(widgets.convert(rest, "v1")).toEqual(widget("v1", {}));
});

test("the input is not changed", () => {
  const freeze = (value: unknown): unknown => {
    if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
    return value;
  };
  const v1 = widget("v1", { spec: { size: 1, legacy: {}, ports: [{ num: 1, hint: "x" }], tls: {} } });
  expect(widgets.convert(freeze(v1) as object, "v3")["kind"]).toBe("Widget");
});

test.each([["not JSON"], ['{"hostPort":1}'], ['{"hostPort":{"value":7}}'], ["[]"], ['{"__proto__":{"value":{}}}']])(
  "annotation %s, written by a stranger => the object stays readable",
  (text) => {
    const annotations = { "conversion.stable.example.com/v2": text, "conversion.stable.example.com/v1": text };
    const converted = selfies.convert(selfie("v1", { hostPort: "a:1" }, annotations), "v2");
    expect(converted).toMatchObject({ host: "a", port: "1" });
  },
);

test("a stash of the object's own version is a stranger's: it brings nothing back", () => {
  const forged = '{"hostPort":{"value":{"hostPort":"forged"}}}';
  const v1 = selfie("v1", {}, { "conversion.stable.example.com/v1": forged });
  expect(selfies.convert(selfies.convert(v1, "v2"), "v1")).toEqual(selfie("v1", {}));
});

test("more than annotations can hold => refused, with the size and what to do", () => {
  const big = widget("v1", { spec: { legacy: { note: "x".repeat(300_000) } } });
  expect(() => widgets.convert(big, "v2")).toThrow(
    /Widget default\/one: v1→v2: metadata.annotations: 3\d+ bytes .*storage/,
  );
});

test.each([
  [{ apiVersion: "other.com/v1", kind: "Widget" }, /other.com\/v1; expected one of example.com\/v1/],
  [{ apiVersion: "example.com/v9", kind: "Widget" }, /no conversion for example.com\/v9/],
  [{ apiVersion: "example.com/v1", kind: "Gadget" }, /Gadget .*expected kind Widget/],
])("%j => refused", (object, message) => {
  expect(() => widgets.convert(object, "v2")).toThrow(message);
});

const oddity = (version: string, fields: object) => ({
  apiVersion: `odd.example.com/${version}`,
  kind: "Oddity",
  metadata,
  ...fields,
});

test("a list without keys: fields come back only to an element that is shown unchanged, wherever it is now", () => {
  const inner = (version: "v1" | "v2", elements: object[]) =>
    oddity(version, { nested: [{ [version === "v1" ? "id" : "key"]: "n", inner: elements }] });
  const v2 = oddities.convert(inner("v1", [{ p: 1, q: "a" }, { p: 2, q: "b" }, { p: 2 }, { p: 2, q: "d" }]), "v2");
  const edited = { ...inner("v2", [{ p: 9 }, { p: 2 }, { p: 2 }, { p: 2 }, { p: 7 }]), metadata: v2["metadata"] };
  expect(oddities.convert(edited, "v1")).toEqual(
    inner("v1", [{ p: 9 }, { p: 2, q: "b" }, { p: 2 }, { p: 2, q: "d" }, { p: 7 }]),
  );
});

test("a field with no object to go into, because that is null, is kept", () => {
  const v1 = oddity("v1", { only: null, top: "a" });
  expect(oddities.convert(oddities.convert(v1, "v2"), "v1")).toEqual(v1);
  const v2 = oddity("v2", { spec: null, x: "a" });
  expect(oddities.convert(oddities.convert(v2, "v1"), "v2")).toEqual(v2);
});

test("an object made only to hold a moved field goes with it, unless something else came into it", () => {
  const v1 = oddity("v1", { top: "a" });
  const v2 = oddities.convert(v1, "v2");
  expect(v2["spec"]).toEqual({ host: "a" });
  expect(oddities.convert(v2, "v1")).toEqual(v1);
  expect(oddities.convert({ ...v2, spec: { host: "b", same: "c" } }, "v1")).toEqual(
    oddity("v1", { top: "b", spec: { same: "c" } }),
  );
  const nothing = oddity("v1", { top: "a", spec: null });
  expect(oddities.convert(oddities.convert(nothing, "v2"), "v1")).toEqual(nothing);
});

test("two fields that change places do", () => {
  const v2 = oddity("v2", { swap: "b", swop: "a" });
  expect(oddities.convert(oddity("v1", { swap: "a", swop: "b" }), "v2")).toEqual(v2);
});

test("an int64 beyond 2^53 reaches the conversion as it is, and comes back so", () => {
  const body = `{"apiVersion":"apiextensions.k8s.io/v1","kind":"ConversionReview","request":{"uid":"u","desiredAPIVersion":"odd.example.com/v2","objects":[{"apiVersion":"odd.example.com/v1","kind":"Oddity","count":9007199254740993}]}}`;
  expect(oddities.answer(body)).toContain('"spec":{"more":{"count":"9007199254740993"}}');
});

test("a default that the API server fills in where nothing could be shown is no edit", () => {
  const level = (enumeration: readonly string[]) => ({ type: "string", enum: enumeration, default: "low" }) as const;
  const levels = defineConversion({
    group: "g.example.com",
    kind: "K",
    versions: {
      v1: { type: "object", properties: { spec: { type: "object", properties: { level: level(["low", "high"]) } } } },
      v2: { type: "object", properties: { spec: { type: "object", properties: { level: level(["low"]) } } } },
    },
    steps: (step) => [
      step("v1", "v2", (m) => [
        m.map("spec.level", "spec.level", { up: (x) => (x === "high" ? undefined : x), down: (x) => x }),
      ]),
    ],
  });
  const v1 = { apiVersion: "g.example.com/v1", kind: "K", metadata, spec: { level: "high" } };
  const v2 = levels.convert(v1, "v2");
  expect(v2["spec"]).toEqual({});
  expect(levels.convert({ ...v2, spec: { level: "low" } }, "v1")).toEqual(v1);
});

test("a value that its own schema does not allow is not given to the conversion, and kept", () => {
  const v1 = selfie("v1", { hostPort: 7 });
  expect(selfies.convert(selfies.convert(v1, "v2"), "v1")).toEqual(v1);
  const wide = widget("v1", { spec: { size: 1, mode: "Unheard" } });
  expect(widgets.convert(widgets.convert(wide, "v2"), "v1")).toEqual(wide);
});

test("an object that is a list of one in the other version keeps what only it can hold, edited there or not", () => {
  const part = (...names: string[]) =>
    ({ type: "object", properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])) }) as const;
  const conversion = defineConversion({
    group: "g.example.com",
    kind: "K",
    versions: {
      v1: { type: "object", properties: { tls: part("host", "issuer") } },
      v2: { type: "object", properties: { tls: { type: "array", items: part("host") } } },
    },
    steps: (step) => [step("v1", "v2", (m) => [m.wrap("tls", (t) => [t.removed("issuer")])])],
  });
  const v1 = { apiVersion: "g.example.com/v1", kind: "K", metadata, tls: { host: "a", issuer: "i" } };
  const v2 = conversion.convert(v1, "v2");
  expect(conversion.convert({ ...v2, tls: [{ host: "b" }] }, "v1")).toEqual({ ...v1, tls: { host: "b", issuer: "i" } });
  const longer = conversion.convert({ ...v2, tls: [{ host: "b" }, { host: "c" }] }, "v1");
  expect(longer["tls"]).toEqual({ host: "b" });
});
