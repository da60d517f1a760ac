import fc from "fast-check";
import { parseExact, stringifyExact } from "../../../components/conversion";
import { widgets } from "./examples";

test.each([
  ['{"a":9007199254740993,"b":[1.0,1e3,-0,0.10],"c":"1.0 9007199254740993"}'],
  ["[1.50,12345678901234567890123]"],
  ["1.0"],
  ['{"a":1,"b":2.5,"c":"x"}'],
])("%s is written as it was read", (text) => {
  expect(stringifyExact(parseExact(text))).toBe(text);
});

test("a string that looks like a number held apart stays a string", () => {
  const hostile = { a: "exact:00000000-0000-0000-0000-000000000000:5", b: '"exact:', c: "\u0000int:5" };
  expect(parseExact(stringifyExact(hostile))).toEqual(hostile);
});

test("whatever JSON says is read as JSON.parse reads it", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(JSON.parse(stringifyExact(parseExact(text)))).toEqual(JSON.parse(text));
    }),
  );
});

/** JSON texts as someone may write them: numbers in any spelling, strings with quotes, backslashes and numbers in them. */
const { text } = fc.letrec<{ text: string }>((tie) => {
  const number = fc.stringMatching(/^-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,4})?([eE][+-]?[0-9]{1,2})?$/);
  const string = fc.string({ unit: fc.constantFrom("a", '"', "\\", "1", ".", "5", "-", ":", ",", " ", "é") });
  const list = fc.array(tie("text"), { maxLength: 4 }).map((items) => `[${items.join(",")}]`);
  const map = fc
    .uniqueArray(fc.tuple(fc.string({ unit: fc.constantFrom("k", '"', "\\", ".") }), tie("text")), {
      selector: ([key]) => key,
      maxLength: 4,
    })
    .map((fields) => `{${fields.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(",")}}`);
  const plain = fc.constantFrom("null", "true", "false");
  return {
    text: fc.oneof(
      { maxDepth: 4 },
      number,
      string.map((value) => JSON.stringify(value)),
      plain,
      list,
      map,
    ),
  };
});

test("whatever was written is written again, byte for byte", () => {
  fc.assert(
    fc.property(text, (written) => {
      expect(stringifyExact(parseExact(written))).toBe(written);
    }),
    { numRuns: 2_000 },
  );
});

test.each([["{"], ['{"a":1.}'], ['{"a":01.5}'], ["[1.0 2.0]"]])("%s is no JSON => refused", (text) => {
  expect(() => parseExact(text)).toThrow(SyntaxError);
});

test("__proto__ is a field like any other", () => {
  const text = '{"__proto__":{"a":1.0},"constructor":1}';
  expect(stringifyExact(parseExact(text))).toBe(text);
  expect(({} as Record<string, unknown>)["a"]).toBeUndefined();
});

test("a review answers with every number as it came, moved or not", () => {
  const object = `{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a","generation":1},"spec":{"size":3.0,"legacy":{"ratio":1.50}},"status":{"observed":9007199254740993}}`;
  const body = (to: string, objects: string) =>
    `{"apiVersion":"apiextensions.k8s.io/v1","kind":"ConversionReview","request":{"uid":"u","desiredAPIVersion":"example.com/${to}","objects":[${objects}]}}`;
  const answer = widgets.answer(body("v3", object));
  expect(answer).toContain('"observed":9007199254740993');
  expect(answer).toContain('"scaling":{"replicas":3.0}');
  const converted = stringifyExact(
    (parseExact(answer) as { response: { convertedObjects: unknown[] } }).response.convertedObjects[0],
  );
  const again = widgets.answer(body("v1", converted));
  for (const number of ['"observed":9007199254740993', '"size":3.0', '"ratio":1.50']) expect(again).toContain(number);
});
