import { defineConversion } from "../components/conversion";

const text = { type: "string" } as const;
const count = { type: "integer" } as const;
const versionOf = (spec: Record<string, typeof text | typeof count>) =>
  ({ type: "object", properties: { spec: { type: "object", properties: spec } } }) as const;

/** What makes a widget's two versions differ where a webhook converts them. */
export default defineConversion({
  group: "bench.example.com",
  kind: "Widget",
  versions: { v1: versionOf({ size: count, colour: text }), v2: versionOf({ size: count, color: text }) },
  steps: (step) => [step("v1", "v2", (m) => [m.rename("spec.colour", "spec.color")])],
});
