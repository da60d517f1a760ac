import { withoutPrunedNulls } from "../../../components/migration/rehearsal/prunedNulls";

const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
const any = { type: "object", additionalProperties: true };
const schema = {
  type: "object",
  properties: {
    a: { type: "string", nullable: true },
    b: { type: "string", default: "x" },
    c: { type: "string" },
    list: { type: "array", items: { type: "object", properties: { d: { type: "string" } } } },
    map: { type: "object", additionalProperties: { type: "string" } },
    open,
    any,
  },
};

test("a null goes where the schema has no place for it, and stays where it is allowed, where a default may come, and where anything is kept", () => {
  const rest = {
    list: [{ d: null, e: null, f: 1 }, null],
    open: { g: null },
    any: { h: null },
    map: { i: null, j: "k" },
  };
  expect(withoutPrunedNulls(schema, { a: null, b: null, c: null, none: null, ...rest })).toEqual({
    a: null,
    b: null,
    list: [{ f: 1 }, null],
    open: { g: null },
    any: { h: null },
    map: { j: "k" },
  });
});
