import * as fc from "fast-check";
import { isLargeJsonInteger, parseJson, readableJson, stringifyJson } from "../../../components/kubernetes/json";

const text = '{"a":9007199254740993,"b":[-12345678901234567890,1],"c":"9007199254740993 \\" 1234567890123456789"}';

test("integers beyond 2^53 come out as they went in", () => {
  expect(stringifyJson(parseJson(text))).toBe(text);
});

test("JSON.parse alone would change them", () => {
  expect(JSON.stringify(JSON.parse(text))).not.toBe(text);
});

test("digits within strings are left alone", () => {
  expect(parseJson('{"c":"x 9007199254740993"}')).toEqual({ c: "x 9007199254740993" });
});

test("two that JavaScript cannot tell apart stay different", () => {
  expect(parseJson("9007199254740993")).not.toEqual(parseJson("9007199254740992"));
});

test("numbers with a fraction or an exponent are numbers", () => {
  expect(parseJson('{"a":0.12345678901234567,"b":1e21,"c":1234567890123456.5}')).toEqual({
    a: 0.12345678901234567,
    b: 1e21,
    c: 1234567890123456.5,
  });
});

test("a message shows the integer, not how we hold it", () => {
  expect(readableJson(parseJson("9007199254740993"))).toBe("9007199254740993");
  expect(readableJson("x")).toBe('"x"');
});

test.each([
  '{"a":"\\u0000int:5"}',
  '{"a":["\\u0000int:9007199254740993",9007199254740993]}',
  '{"a":"\\u0000string:x","b":"\\u0000"}',
  '{"a":"\\"\\u0000int:5"}',
  '{"\\u0000int:5":1,"\\u0000string:x":"\\u0000string:\\u0000int:5"}',
])("a string that looks like one of our marks stays that string, whoever wrote it: %s", (odd) => {
  expect(stringifyJson(parseJson(odd))).toBe(odd);
  expect(JSON.parse(readableJson(parseJson(odd)))).toEqual(JSON.parse(odd));
});

test("such a string is no integer to those who ask", () => {
  expect(isLargeJsonInteger(parseJson('"\\u0000int:5"') as string)).toBe(false);
  expect(isLargeJsonInteger(parseJson('"\\u0000\\u0069nt:5"') as string)).toBe(false);
  expect(isLargeJsonInteger(parseJson("9007199254740993") as string)).toBe(true);
});

test("for everything else it is JSON.parse and JSON.stringify", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const plain = JSON.stringify(value);
      expect(JSON.parse(stringifyJson(parseJson(plain)))).toEqual(JSON.parse(plain));
    }),
  );
});
