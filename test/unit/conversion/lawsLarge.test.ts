import { defineConversion, type Conversion, type SchemaNode } from "../../../components/conversion";
import { checkLaws } from "../../../components/conversionTesting/checkLaws";
import { leafTestedFields } from "../../../components/conversionTesting/testedFields";
import { trimSchema } from "../../../components/conversionTesting/trim";

const text = { type: "string" } as const;
const object = (properties: Record<string, SchemaNode>, required: string[] = []): SchemaNode => ({
  type: "object",
  properties,
  required,
});
const many = (count: number, node: SchemaNode) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, node]));

/** As large as a CRD with a Pod's template in it: 900 fields that no move touches, and three that some do. */
const large = (moved: string, element: string) =>
  object({
    spec: object({
      [moved]: text,
      ports: { type: "array", items: object({ [element]: text, ...many(30, text) }) },
      body: object(many(30, object(many(30, text), ["f29"]))),
    }),
  });
const conversion = defineConversion({
  group: "example.com",
  kind: "Large",
  versions: { v1: large("a", "num"), v2: large("b", "number") },
  steps: (step) => [
    step("v1", "v2", (m) => [m.rename("spec.a", "spec.b"), m.each("spec.ports", (p) => [p.rename("num", "number")])]),
  ],
});

test("of a large schema what moves touch is tried, what is required, and a few fields beside", () => {
  const leaves = leafTestedFields(trimSchema(conversion, "v1"));
  expect(leaves).toEqual(expect.arrayContaining(["spec.a", "spec.ports", "spec.body.f0.f29"]));
  expect(leaves.length).toBeLessThan(30);
  const spec = trimSchema(conversion, "v2").properties?.["spec"];
  const fields = Object.keys(spec?.properties?.["ports"]?.items?.properties ?? {});
  expect(fields).toEqual(["number", "f0", "f1", "f2", "f3", "f4"]);
  expect(checkLaws(conversion, { runs: 10, seed: 1 })).toEqual([]);
});

test("an edit that is lost among a thousand fields is found", () => {
  const remembering = (found: Readonly<Record<string, unknown>>) => {
    const metadata = found["metadata"] as { annotations?: Record<string, string> };
    const { was, ...annotations } = metadata.annotations ?? {};
    const spec = found["spec"] as Record<string, unknown> | undefined;
    const isNew = found["apiVersion"] === "example.com/v2";
    if (isNew && typeof spec?.["b"] === "string") {
      return { ...found, metadata: { ...metadata, annotations: { ...annotations, was: spec["b"] } } };
    }
    if (isNew || was === undefined) return found;
    return { ...found, spec: { ...spec, a: was }, metadata: { ...metadata, annotations } };
  };
  const stubborn: Conversion = {
    ...conversion,
    review(body, options) {
      const answer = conversion.review(body, options);
      const convertedObjects = answer.response.convertedObjects.map(remembering);
      return { ...answer, response: { ...answer.response, convertedObjects } };
    },
  };
  const broken = checkLaws(stubborn, { runs: 50, seed: 1 });
  expect(broken.map(({ message }) => message).join("\n")).toMatch(/spec\.b was edited in v2 to .*; after v1 it shows/);
});
