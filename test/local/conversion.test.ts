import fc from "fast-check";
import { convert, type SelfieRequest } from "../../examples/selfierequests/conversion";
import { answer } from "../../examples/selfierequests/review";

const [v1, v2] = ["stable.example.com/v1", "stable.example.com/v2"];
const metadata = { name: "cr1", namespace: "default", labels: { a: "b" }, managedFields: [{ manager: "x" }] };

function at(apiVersion: string, fields: object): SelfieRequest {
  return { apiVersion, kind: "SelfieRequest", metadata, ...fields };
}

test.each([
  [{ hostPort: "example.com:8080" }, { host: "example.com", port: "8080" }],
  [{ hostPort: "[2001:db8::1]:443" }, { host: "[2001:db8::1]", port: "443" }],
  [{ hostPort: "example.com:" }, { host: "example.com" }],
  [{ hostPort: ":8080" }, { port: "8080" }],
  [{}, {}],
  [
    { hostPort: "a:1", status: { ready: true } },
    { status: { ready: true }, host: "a", port: "1" },
  ],
])("v1 %j is v2 %j, there and back", (old, converted) => {
  expect(convert(at(v1, old), v2)).toEqual(at(v2, converted));
  expect(convert(at(v2, converted), v1)).toEqual(at(v1, old));
});

test("an object of the asked-for version is given back as it is", () => {
  expect(convert(at(v2, { host: "a" }), v2)).toEqual(at(v2, { host: "a" }));
});

test.each([["no-colon"], [":"], [""], [7], [null]])(
  "hostPort %j => refused, by kind, namespace and name",
  (hostPort) => {
    expect(() => convert(at(v1, { hostPort }), v2)).toThrow(
      `SelfieRequest default/cr1: hostPort is ${JSON.stringify(hostPort)}; expected HOST:PORT`,
    );
  },
);

test("a version nobody knows => refused, by name", () => {
  expect(() => convert(at(v1, {}), "stable.example.com/v3")).toThrow(/default\/cr1.*expected/);
});

test("whatever v2's schema allows survives v2 → v1 → v2", () => {
  const part = fc.string({ minLength: 1 });
  const spec = fc.record({ host: part, port: part.filter((port) => !port.includes(":")) }, { requiredKeys: [] });
  fc.assert(
    fc.property(spec, (fields) => {
      expect(convert(convert(at(v2, fields), v1), v2)).toEqual(at(v2, fields));
    }),
  );
});

test("whatever of v1 can be converted survives v1 → v2 → v1", () => {
  const hostPort = fc.string().filter((text) => text.includes(":") && text !== ":");
  fc.assert(
    fc.property(hostPort, (text) => {
      expect(convert(convert(at(v1, { hostPort: text }), v2), v1)).toEqual(at(v1, { hostPort: text }));
    }),
  );
});

const review = (objects: unknown[]): unknown => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "ConversionReview",
  request: { uid: "u1", desiredAPIVersion: v2, objects },
});

test("a review is answered with its uid and every object in its order", async () => {
  const objects = [at(v1, { hostPort: "a:1" }), at(v2, { host: "b" })];
  expect(await answer(review(objects), convert)).toEqual({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "ConversionReview",
    response: {
      uid: "u1",
      result: { status: "Success" },
      convertedObjects: [at(v2, { host: "a", port: "1" }), at(v2, { host: "b" })],
    },
  });
});

test("one object cannot be converted => the whole answer is a Failure that names it", async () => {
  const found = (await answer(review([at(v1, { hostPort: "a:1" }), at(v1, { hostPort: "b" })]), convert)) as {
    response: { uid: string; result: { status: string; message: string }; convertedObjects?: unknown };
  };
  expect(found.response).toEqual({
    uid: "u1",
    result: {
      status: "Failure",
      message: expect.stringContaining('SelfieRequest default/cr1: hostPort is "b"') as string,
    },
  });
});

test.each([[null], [{}], [{ apiVersion: "apiextensions.k8s.io/v1beta1", kind: "ConversionReview" }]])(
  "%j is no review => refused",
  async (body) => {
    await expect(answer(body, convert)).rejects.toThrow("is not a ConversionReview of apiextensions.k8s.io/v1");
  },
);
