import { defineConversion } from "../components/conversion";

const text = { type: "string" } as const;
const count = { type: "integer" } as const;
const notes = { type: "array", items: text } as const;
const versionOf = <S extends Record<string, typeof text | typeof count | typeof notes>>(spec: S) =>
  ({ type: "object", properties: { spec: { type: "object", properties: spec } } }) as const;

/** What makes a widget's two versions differ where a webhook converts them. */
export default defineConversion({
  group: "bench.example.com",
  kind: "Widget",
  versions: { v1: versionOf({ size: count, colour: text, notes }), v2: versionOf({ size: count, color: text, notes }) },
  steps: (step) => [step("v1", "v2", (m) => [m.rename("spec.colour", "spec.color")])],
});
