import { defineConversion } from "pulumi-kubernetes-storage-migration/conversion";

/** v1 keeps `hostPort: "example.com:8080"`, v2 keeps `host` and `port`. */
export default defineConversion({
  group: "stable.example.com",
  kind: "SelfieRequest",
  versions: {
    v1: { type: "object", properties: { hostPort: { type: "string" } } },
    v2: {
      type: "object",
      properties: {
        host: { type: "string", minLength: 1 },
        port: { type: "string", minLength: 1, pattern: "^[^:]*$" },
      },
    },
  },
  steps: (step) => [
    step("v1", "v2", (m) => [
      m.split("hostPort", ["host", "port"], {
        up(hostPort) {
          // The last colon: an IPv6 address has its own, "[::1]:8080".
          const at = hostPort.lastIndexOf(":");
          const [host, port] = [hostPort.slice(0, Math.max(at, 0)), hostPort.slice(at + 1)];
          // What v2 cannot show is kept beside it, and is there again in v1.
          return host === "" || port === "" ? undefined : [host, port];
        },
        down: ([host, port]) => `${host}:${port}`,
      }),
    ]),
  ],
});
