import { checkReview } from "../../../components/migration/rehearsal/conversionReview";

const original = {
  apiVersion: "g/v1",
  kind: "Foo",
  metadata: { name: "x", namespace: "n", uid: "u", resourceVersion: "7", labels: { a: "1" } },
  spec: {},
};
const converted = { ...original, apiVersion: "g/v2" };
const request = { uid: "r", desiredAPIVersion: "g/v2", objects: [original] };
const review = (response: object) => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "ConversionReview",
  response: { uid: "r", result: { status: "Success" }, convertedObjects: [converted], ...response },
});
const check = (answer: unknown) => checkReview("W", answer, request);

test("a right answer gives the objects, their metadata restored but for labels and annotations", () => {
  const metadata = { name: "x", namespace: "n", uid: "u", annotations: { stash: "s" } };
  expect(check(review({ convertedObjects: [{ ...converted, metadata }] }))).toEqual([
    {
      ...converted,
      metadata: { name: "x", namespace: "n", uid: "u", resourceVersion: "7", annotations: { stash: "s" } },
    },
  ]);
});

test.each<[string, unknown, RegExp]>([
  ["null", null, /it is \(no apiVersion\), \(no kind\)/],
  ["v1beta1", { ...review({}), apiVersion: "apiextensions.k8s.io/v1beta1" }, /expected: +apiextensions.k8s.io\/v1/],
  ["no response", { ...review({}), response: undefined }, /it has no response/],
  ["another uid", review({ uid: "other" }), /response.uid is other\n {2}expected: +the request's uid, echoed/],
  [
    "a failure with a message",
    review({ result: { status: "Failure", message: "no port" } }),
    /refused to convert: no port/,
  ],
  ["a failure without", review({ result: {} }), /response.result.status is undefined/],
  ["too few", review({ convertedObjects: [] }), /it returned 0 objects\n {2}expected: +1/],
  ["too many", review({ convertedObjects: [converted, converted] }), /it returned 2 objects/],
  ["not a list", review({ convertedObjects: converted }), /it returned 0 objects/],
  ["the old apiVersion", review({ convertedObjects: [original] }), /apiVersion is g\/v1\n {2}expected: +g\/v2/],
  ["another kind", review({ convertedObjects: [{ ...converted, kind: "Bar" }] }), /kind is Bar\n {2}expected: +Foo/],
  ["no metadata", review({ convertedObjects: [{ ...converted, metadata: undefined }] }), /an object has no metadata/],
  [
    "another name",
    review({ convertedObjects: [{ ...converted, metadata: { ...original.metadata, name: "y" } }] }),
    /metadata.name is y\n {2}expected: +x/,
  ],
  [
    "another uid of the object",
    review({ convertedObjects: [{ ...converted, metadata: { ...original.metadata, uid: "v" } }] }),
    /metadata.uid is v/,
  ],
])("%s is what the API server would refuse", (_, answer, expected) => {
  expect(() => check(answer)).toThrow(expected);
});
