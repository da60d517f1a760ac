import { defineConversion } from "../../../components/conversion";
import { selfies } from "./examples";

const review = (objects: unknown[], desiredAPIVersion = "stable.example.com/v2", uid = "u1") => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "ConversionReview",
  request: { uid, desiredAPIVersion, objects },
});
const selfie = (name: string, fields: object, version = "v1") => ({
  apiVersion: `stable.example.com/${version}`,
  kind: "SelfieRequest",
  metadata: { name, namespace: "default" },
  ...fields,
});

test("a review is answered with its uid and every object in its order", () => {
  const objects = [selfie("a", { hostPort: "a:1" }), selfie("b", { host: "b" }, "v2")];
  expect(selfies.review(review(objects))).toEqual({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "ConversionReview",
    response: {
      uid: "u1",
      result: { status: "Success" },
      convertedObjects: [selfie("a", { host: "a", port: "1" }, "v2"), objects[1]],
    },
  });
});

test("no objects => none", () => {
  expect(selfies.review(review([])).response).toEqual({
    uid: "u1",
    result: { status: "Success" },
    convertedObjects: [],
  });
});

const refusing = defineConversion({
  group: "stable.example.com",
  kind: "SelfieRequest",
  versions: {
    v1: { type: "object", properties: { spec: { type: "object", properties: { a: { type: "string" } } } } },
    v2: { type: "object", properties: { spec: { type: "object", properties: { b: { type: "integer" } } } } },
  },
  steps: (step) => [
    step("v1", "v2", (m) => [
      m.map("spec.a", "spec.b", {
        up(a) {
          if (a === "bad") throw new Error("expected a number, got bad");
          return Number(a);
        },
        down: String,
      }),
    ]),
  ],
});

test("objects that cannot be converted => Failure: the first five by kind, namespace/name, step, path and reason, and a count", () => {
  const objects = [1, 2, 3, 4, 5, 6, 7].map((n) => selfie(`o${n}`, { spec: { a: n === 2 ? "2" : "bad" } }));
  const { response } = refusing.review(review(objects));
  expect(response.uid).toBe("u1");
  const { result } = response;
  if (result.status !== "Failure") throw new Error("expected a Failure");
  const named = (n: number) => `SelfieRequest default/o${n}: v1→v2: spec.a: expected a number, got bad`;
  expect(result.message).toBe(`${[1, 3, 4, 5, 6].map(named).join("; ")}; and 1 more`);
});

test.each([
  ["x", "gave NaN, which JSON cannot hold"],
  ["1.5", "gave 1.5 for spec.b; expected integer"],
])("a conversion that gives what the schema does not allow (%s) => Failure that names both", (a, reason) => {
  const { result } = refusing.review(review([selfie("o", { spec: { a } })])).response;
  expect(result).toEqual({ status: "Failure", message: `SelfieRequest default/o: v1→v2: spec.a: ${reason}` });
});

test("a reason that quotes a megabyte is cut short", () => {
  const a = "bad";
  const long = { ...selfie("x".repeat(1_000_000), { spec: { a } }) };
  const { result } = refusing.review(review([long])).response;
  expect(result.status === "Failure" && result.message.length).toBe(501);
});

test.each([
  ["another group", selfie("a", {}), "other.com/v2", /other.com\/v2/],
  ["an unknown version", selfie("a", {}), "stable.example.com/v3", /stable.example.com\/v3/],
  ["no object at all", 7, "stable.example.com/v2", /expected a SelfieRequest/],
])("%s => Failure that says so", (_, object, desired, message) => {
  const { result } = selfies.review(review([object], desired)).response;
  expect(result).toEqual({ status: "Failure", message: expect.stringMatching(message) });
});

test.each([
  [null],
  [{}],
  [{ apiVersion: "apiextensions.k8s.io/v1beta1", kind: "ConversionReview" }],
  [review([], "v2", 7 as never)],
])("%j is no review => refused", (body) => {
  expect(() => selfies.review(body)).toThrow(/ConversionReview/);
});

test("malformed JSON => refused", () => {
  expect(() => selfies.answer("{")).toThrow(SyntaxError);
});

test("of metadata only annotations change", () => {
  const metadata = {
    name: "a",
    uid: "u",
    resourceVersion: "1",
    managedFields: [{ manager: "x" }],
    annotations: { k: "v" },
  };
  const { convertedObjects } = selfies.review(review([{ ...selfie("a", { hostPort: "odd" }), metadata }])).response;
  expect(convertedObjects[0]?.["metadata"]).toEqual({
    ...metadata,
    annotations: { k: "v", "conversion.stable.example.com/v1": expect.any(String) },
  });
});
