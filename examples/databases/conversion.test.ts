import { laws } from "pulumi-kubernetes-storage-migration/testing";
import conversion from "./conversion";

laws(conversion);

const keys = [new Uint8Array(32).fill(7)];
const password = "correct horse battery staple";
const spec = { databaseName: "orders", username: "app" };
const database = (version: string, fields: object) => ({
  apiVersion: `example.com/${version}`,
  kind: "Database",
  metadata: { name: "orders", namespace: "shop" },
  spec: fields,
});

test("a client of v1 neither sees the password nor loses it", () => {
  const shown = conversion.convert(database("v2", { ...spec, password }), "v1", { keys });
  expect(shown["spec"]).toEqual(spec);
  expect(JSON.stringify(shown)).not.toContain(password);
  const written = { ...shown, spec: { ...spec, username: "admin" } };
  expect(conversion.convert(written, "v2", { keys })).toEqual(database("v2", { ...spec, username: "admin", password }));
});

test("without a key such an object is refused, and one without a password is not", () => {
  expect(() => conversion.convert(database("v2", { ...spec, password }), "v1")).toThrow(
    /^Database shop\/orders: v2→v1: spec\.password: (?!.*battery)/,
  );
  expect(conversion.convert(database("v2", spec), "v1")).toEqual(database("v1", spec));
  expect(conversion.convert(database("v1", spec), "v2")).toEqual(database("v2", spec));
});
