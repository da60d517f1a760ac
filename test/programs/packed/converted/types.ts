// Compiled, not run: the subpaths, in every way that TypeScript resolves.
import { defineConversion, type Conversion } from "pulumi-kubernetes-storage-migration/conversion";
import { serveConversion } from "pulumi-kubernetes-storage-migration/server";

const text = { type: "string" } as const;
const selfies: Conversion = defineConversion({
  group: "stable.example.com",
  kind: "SelfieRequest",
  versions: {
    v1: { type: "object", properties: { hostPort: text } },
    v2: { type: "object", properties: { host: text, port: text } },
  },
  steps: (step) => [
    step("v1", "v2", (m) => [
      m.split("hostPort", ["host", "port"], {
        up: (hostPort) => {
          const [host = "", port = ""] = hostPort.split(":");
          return [host, port];
        },
        down: ([host, port]) => `${host}:${port}`,
      }),
    ]),
  ],
});

// @ts-expect-error the kind is needed
defineConversion({ group: "stable.example.com", versions: {}, steps: () => [] });
export const serve = (): unknown => serveConversion(selfies);
