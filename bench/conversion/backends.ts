import { defineConversion } from "../../components/conversion";

const text = { type: "string" } as const;
const texts = { type: "object", additionalProperties: text } as const;
const both = {
  mode: { type: "string", enum: ["Fast", "Safe"] },
  image: text,
  budget: { type: "integer", format: "int64" },
  env: { type: "array", items: { type: "object", properties: { name: text, value: text } } },
  selector: texts,
  resources: { type: "object", properties: { limits: texts, requests: texts } },
} as const;
const count = { type: "integer", format: "int32" } as const;
const status = {
  observedGeneration: { type: "integer", format: "int64" },
  conditions: {
    type: "array",
    items: {
      type: "object",
      properties: {
        type: text,
        status: text,
        observedGeneration: { type: "integer", format: "int64" },
        lastTransitionTime: { type: "string", format: "date-time" },
        reason: text,
        message: text,
      },
    },
  },
} as const;

/** The type that both webhooks of the benchmark convert; the other one's is in controllerRuntime/. */
export default defineConversion({
  group: "bench.example.com",
  kind: "Backend",
  versions: {
    v1: {
      type: "object",
      properties: {
        spec: {
          type: "object",
          properties: {
            ...both,
            hostPort: text,
            size: count,
            tls: { type: "object", properties: { secret: text, minimum: text } },
            ports: { type: "array", items: { type: "object", properties: { num: count, protocol: text } } },
          },
        },
        status: { type: "object", properties: { ...status, phase: text } },
      },
    },
    v2: {
      type: "object",
      properties: {
        spec: {
          type: "object",
          properties: {
            ...both,
            host: text,
            port: count,
            replicas: count,
            tls: { type: "array", items: { type: "object", properties: { secretName: text, minimum: text } } },
            ports: { type: "array", items: { type: "object", properties: { number: count, protocol: text } } },
          },
        },
        status: { type: "object", properties: { ...status, state: text } },
      },
    },
  },
  steps: (step) => [
    step("v1", "v2", (m) => [
      m.split("spec.hostPort", ["spec.host", "spec.port"], {
        up(hostPort) {
          const at = hostPort.lastIndexOf(":");
          return at < 0 ? undefined : [hostPort.slice(0, at), Number(hostPort.slice(at + 1))];
        },
        down: ([host, port]) => `${host}:${port}`,
      }),
      m.rename("spec.size", "spec.replicas"),
      m.wrap("spec.tls", (tls) => [tls.rename("secret", "secretName")]),
      m.each("spec.ports", (port) => [port.rename("num", "number")]),
      m.rename("status.phase", "status.state"),
    ]),
  ],
});
