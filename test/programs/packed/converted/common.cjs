const { defineConversion } = require("pulumi-kubernetes-storage-migration/conversion");

const text = { type: "string" };
const selfies = defineConversion({
  group: "stable.example.com",
  kind: "SelfieRequest",
  versions: {
    v1: { type: "object", properties: { hostPort: text } },
    v2: { type: "object", properties: { host: text, port: text } },
  },
  steps: (step) => [
    step("v1", "v2", (m) => [
      m.split("hostPort", ["host", "port"], {
        up: (hostPort) => hostPort.split(":"),
        down: ([host, port]) => `${host}:${port}`,
      }),
    ]),
  ],
});
const apiVersion = "stable.example.com/v1";
const v2 = selfies.convert(
  { apiVersion, kind: "SelfieRequest", metadata: { name: "a" }, hostPort: "example.com:8080" },
  "v2",
);
console.log(v2.host, v2.port);
