import { laws } from "pulumi-kubernetes-storage-migration/testing";
import conversion from "./conversion";

laws(conversion);

const metadata = { name: "cr1", namespace: "default" };
const selfie = (version: string, fields: object) => ({
  apiVersion: `stable.example.com/${version}`,
  kind: "SelfieRequest",
  metadata,
  ...fields,
});

test.each([
  [{ hostPort: "example.com:8080" }, { host: "example.com", port: "8080" }],
  [{ hostPort: "[2001:db8::1]:443" }, { host: "[2001:db8::1]", port: "443" }],
  [{}, {}],
])("v1 %j is v2 %j, there and back", (old, converted) => {
  expect(conversion.convert(selfie("v1", old), "v2")).toEqual(selfie("v2", converted));
  expect(conversion.convert(selfie("v2", converted), "v1")).toEqual(selfie("v1", old));
});

test.each([["no colon"], [":"], ["example.com:"], [":8080"]])(
  "v2 cannot show hostPort %j: it shows none, and v1 has it again",
  (hostPort) => {
    const shown = conversion.convert(selfie("v1", { hostPort }), "v2");
    expect(Object.keys(shown).sort()).toEqual(["apiVersion", "kind", "metadata"]);
    expect(conversion.convert(shown, "v1")).toEqual(selfie("v1", { hostPort }));
    expect(conversion.convert({ ...shown, host: "a", port: "1" }, "v1")).toEqual(selfie("v1", { hostPort: "a:1" }));
  },
);
