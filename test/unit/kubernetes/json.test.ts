import * as fc from "fast-check";
import { parseJson, readableJson, stringifyJson } from "../../../components/kubernetes/json";

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

test("for everything else it is JSON.parse and JSON.stringify", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const plain = JSON.stringify(value);
      expect(JSON.parse(stringifyJson(parseJson(plain)))).toEqual(JSON.parse(plain));
    }),
  );
});
