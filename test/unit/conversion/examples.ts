import { defineConversion } from "../../../components/conversion";

const text = { type: "string" } as const;

/** The Kubernetes tutorial's SelfieRequest: `hostPort` becomes `host` and `port`. */
export const selfies = defineConversion({
  group: "stable.example.com",
  kind: "SelfieRequest",
  versions: {
    v1: { type: "object", properties: { hostPort: text } },
    v2: { type: "object", properties: { host: text, port: text } },
  },
  steps: (step) => [
    step("v1", "v2", (m) => [
      m.split("hostPort", ["host", "port"], {
        up(hostPort) {
          const at = hostPort.lastIndexOf(":");
          return at < 0 ? undefined : [hostPort.slice(0, at), hostPort.slice(at + 1)];
        },
        down: ([host, port]) => `${host}:${port}`,
      }),
    ]),
  ],
});

const database = { databaseName: text, username: text } as const;

/** The guide's Database: v2 adds a password, which v1 cannot hold. */
export const databases = defineConversion({
  group: "example.com",
  kind: "Database",
  versions: {
    v1: { type: "object", properties: { spec: { type: "object", properties: database } } },
    v2: {
      type: "object",
      properties: {
        spec: { type: "object", properties: { ...database, password: { type: "string", format: "password" } } },
      },
    },
  },
  steps: (step) => [step("v1", "v2", (m) => [m.added("spec.password")])],
});

const status = { type: "object", properties: { observed: { type: "integer", format: "int64" } } } as const;

/** Three versions in a chain: a list whose elements change, an enum that grew, an object that became a list. */
export const widgetVersions = {
  v1: {
    type: "object",
    properties: {
      spec: {
        type: "object",
        required: ["size"],
        properties: {
          size: { type: "integer", format: "int32", minimum: 0, maximum: 100 },
          mode: { type: "string", enum: ["Fast", "Safe"] },
          legacy: { type: "object", properties: { note: text, ratio: { type: "number" } } },
          tls: { type: "object", properties: { secret: text, minimum: text } },
          ports: {
            type: "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["num"],
            items: { type: "object", required: ["num"], properties: { num: { type: "integer" }, hint: text } },
          },
        },
      },
      status,
    },
  },
  v2: {
    type: "object",
    properties: {
      spec: {
        type: "object",
        required: ["replicas"],
        properties: {
          replicas: { type: "integer", format: "int32", minimum: 0, maximum: 100 },
          mode: { type: "string", enum: ["Fast", "Safe", "Paranoid"] },
          tls: {
            type: "array",
            items: { type: "object", properties: { secretName: text, minimum: text } },
          },
          ports: {
            type: "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["number"],
            items: {
              type: "object",
              required: ["number"],
              properties: { number: { type: "integer" }, protocol: { type: "string", enum: ["TCP", "UDP"] } },
            },
          },
        },
      },
      status,
    },
  },
  v3: {
    type: "object",
    properties: {
      spec: {
        type: "object",
        required: ["scaling"],
        properties: {
          scaling: {
            type: "object",
            required: ["replicas"],
            properties: {
              replicas: { type: "integer", format: "int32", minimum: 0, maximum: 100 },
              limit: { type: "integer", format: "int64" },
            },
          },
          mode: { type: "string", enum: ["Fast", "Safe", "Paranoid"] },
          tls: {
            type: "array",
            items: { type: "object", properties: { secretName: text, minimum: text } },
          },
          endpoints: {
            type: "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["number"],
            items: {
              type: "object",
              required: ["number"],
              properties: { number: { type: "integer" }, protocol: { type: "string", enum: ["TCP", "UDP", "SCTP"] } },
            },
          },
        },
      },
      status,
    },
  },
} as const;

export const widgets = defineConversion({
  group: "example.com",
  kind: "Widget",
  versions: widgetVersions,
  steps: (step) => [
    step("v1", "v2", (m) => [
      m.rename("spec.size", "spec.replicas"),
      m.map("spec.mode", "spec.mode", { up: (mode) => mode, down: (mode) => (mode === "Paranoid" ? "Safe" : mode) }),
      m.removed("spec.legacy"),
      m.wrap("spec.tls", (t) => [t.rename("secret", "secretName")]),
      m.each("spec.ports", (p) => [p.rename("num", "number"), p.removed("hint"), p.added("protocol")]),
    ]),
    step("v2", "v3", (m) => [
      m.rename("spec.replicas", "spec.scaling.replicas"),
      m.added("spec.scaling.limit"),
      m.each(
        "spec.ports",
        (p) => [
          p.map("protocol", "protocol", { up: (name) => name, down: (name) => (name === "SCTP" ? undefined : name) }),
        ],
        { to: "spec.endpoints" },
      ),
    ]),
  ],
});

/** Everything a schema can have that is awkward to convert. */
export const oddities = defineConversion({
  group: "odd.example.com",
  kind: "Oddity",
  versions: {
    v1: {
      type: "object",
      properties: {
        top: text,
        spec: { type: "object", nullable: true, properties: { same: text } },
        first: text,
        last: text,
        count: { type: "integer", format: "int64", nullable: true },
        only: { type: "object", nullable: true, properties: { deep: { type: "object", properties: { x: text } } } },
        routes: {
          type: "object",
          additionalProperties: { type: "object", properties: { to: text, old: { type: "number" } } },
        },
        single: { type: "array", nullable: true, items: { type: "object", properties: { a: text, b: text } } },
        names: { type: "array", items: text },
        free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        swap: text,
        swop: text,
        kept: { type: "number" },
        secret: { type: "string", format: "password" },
        nested: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["id"],
          items: {
            type: "object",
            required: ["id"],
            properties: {
              id: text,
              inner: { type: "array", items: { type: "object", properties: { p: { type: "integer" }, q: text } } },
            },
          },
        },
      },
    },
    v2: {
      type: "object",
      properties: {
        spec: {
          type: "object",
          nullable: true,
          properties: {
            same: text,
            host: text,
            more: { type: "object", nullable: true, properties: { fullName: text, count: { type: "string" } } },
            any: { type: "object", nullable: true, "x-kubernetes-preserve-unknown-fields": true },
          },
        },
        x: text,
        paths: {
          type: "object",
          additionalProperties: {
            type: "object",
            properties: { target: text, weight: { "x-kubernetes-int-or-string": true } },
          },
        },
        single: { type: "object", nullable: true, properties: { a: text, c: text } },
        name: text,
        swap: text,
        swop: text,
        kept: { type: "number" },
        nested: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["key"],
          items: {
            type: "object",
            required: ["key"],
            properties: {
              key: text,
              inner: { type: "array", items: { type: "object", properties: { p: { type: "integer" }, r: text } } },
            },
          },
        },
      },
    },
  },
  steps: (step) => [
    step("v1", "v2", (m) => [
      m.rename("top", "spec.host"),
      m.join(["first", "last"], "spec.more.fullName", {
        up: ([first, last]) => `${first} ${last}`,
        down: (fullName) => {
          const [first, ...rest] = fullName.split(" ");
          return [first, rest.length === 0 ? undefined : rest.join(" ")];
        },
      }),
      m.map("count", "spec.more.count", {
        up: (count) => (count === null ? "none" : String(count)),
        down: (count) => (count === "none" ? null : /^-?\d{1,18}$/.test(count) ? BigInt(count) : undefined),
      }),
      m.rename("only.deep.x", "x"),
      m.each("routes", (r) => [r.rename("to", "target"), r.removed("old"), r.added("weight")], { to: "paths" }),
      m.unwrap("single", (s) => [s.removed("b"), s.added("c")]),
      m.custom(["names"], ["name"], {
        up: ([names]) => [names?.[0]],
        down: ([name]) => [name === undefined ? [] : [name]],
      }),
      m.custom(["free"], ["spec.any"], { up: ([free]) => [free], down: ([any]) => [any ?? {}] }),
      m.rename("swap", "swop"),
      m.rename("swop", "swap"),
      m.removed("secret"),
      m.each("nested", (n) => [n.rename("id", "key"), n.each("inner", (i) => [i.removed("q"), i.added("r")])]),
    ]),
  ],
});
