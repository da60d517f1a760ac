import { defineConversion, ExactNumber, parseExact, stringifyExact } from "../../../components/conversion";

const kept = { type: "object", "x-kubernetes-preserve-unknown-fields": true } as const;
const conversion = defineConversion({
  group: "g.example.com",
  kind: "K",
  versions: {
    v1: { type: "object", properties: { size: { type: "integer", format: "int64" }, note: { type: "string" } } },
    v2: { type: "object", properties: { size: { type: "integer" }, note: { type: "string" }, extra: kept } },
  },
  steps: (step) => [
    step("v1", "v2", (m) => [m.added("extra"), m.map("size", "size", { up: (n) => n as number, down: (n) => n })]),
  ],
});
const review = (to: string, object: string): string =>
  `{"apiVersion":"apiextensions.k8s.io/v1","kind":"ConversionReview","request":{"uid":"u","desiredAPIVersion":"g.example.com/${to}","objects":[${object}]}}`;
const nested = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;

test("an annotation of more levels than the API server reads is a stranger's: the answer holds none of them", () => {
  const forged = JSON.stringify(`{"extra":{"value":{"extra":${nested(20_000)}}}}`);
  const metadata = `{"name":"one","annotations":{"conversion.g.example.com/v2":${forged}}}`;
  const object = `{"apiVersion":"g.example.com/v1","kind":"K","metadata":${metadata},"note":"x"}`;
  const { response } = parseExact(conversion.answer(review("v2", object))) as {
    response: { convertedObjects: unknown[] };
  };
  expect(response.convertedObjects).toEqual([{ ...(JSON.parse(object) as object), apiVersion: "g.example.com/v2" }]);
});

test("more levels than such an annotation may have are refused, not lost", () => {
  const deep = { apiVersion: "g.example.com/v2", kind: "K", extra: JSON.parse(nested(1200)) as unknown };
  expect(() => conversion.convert(deep, "v1")).toThrow(
    /annotations: .*g.example.com\/v2.* more than 1000 levels; keep/,
  );
});

test("no message tells how numbers are held apart: who knew it could write an answer of their own", () => {
  const wrong = `{"apiVersion":"g.example.com/v1","kind":"K","metadata":{"name":"one"},"size":9007199254740993}`;
  const answer = conversion.answer(review("v2", wrong));
  expect(answer).toContain("K one: v1→v2: size: gave 9007199254740993 for size; expected integer");
  expect(JSON.stringify({ number: new ExactNumber("1.0") })).toBe('{"number":1}');
  expect(stringifyExact({ number: new ExactNumber("1.0") })).toBe('{"number":1.0}');
});

test.each([[async () => Promise.resolve(["a", "b"])], [() => "ab"], [() => ({ 0: "a", 1: "b" })]])(
  "%s for two fields => refused, with what was expected",
  (up) => {
    const text = { type: "string" } as const;
    const wrong = defineConversion({
      group: "g.example.com",
      kind: "K",
      versions: {
        v1: { type: "object", properties: { both: text } },
        v2: { type: "object", properties: { a: text, b: text } },
      },
      steps: (step) => [
        step("v1", "v2", (m) => [
          m.split("both", ["a", "b"], { up: up as unknown as () => [string, string], down: ([a, b]) => a + b }),
        ]),
      ],
    });
    const object = { apiVersion: "g.example.com/v1", kind: "K", both: "ab" };
    expect(() => wrong.convert(object, "v2")).toThrow(
      "both: the conversion gave no list of 2; expected values for a, b",
    );
  },
);
