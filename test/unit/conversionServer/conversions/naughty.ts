import { defineConversion } from "../../../../components/conversion";

const text = { type: "string" } as const;

/** Does what it is told by the value: hangs, throws, fills the memory, or ends its thread. */
export default defineConversion({
  group: "stable.example.com",
  kind: "SelfieRequest",
  versions: {
    v1: { type: "object", properties: { hostPort: text, number: { type: "integer", format: "int64" } } },
    v2: { type: "object", properties: { host: text, number: { type: "integer", format: "int64" } } },
  },
  steps: (step) => [
    step("v1", "v2", (m) => [
      m.map("hostPort", "host", {
        up(value) {
          if (value === "hang") for (;;);
          if (value === "throw") throw new Error("told to, by a value that says s3cret");
          if (value === "exit") process.exit(3);
          if (value === "fill") {
            const all: unknown[] = [];
            for (;;) all.push(new Array(1_000_000).fill(value));
          }
          return value;
        },
        down: (value) => value,
      }),
    ]),
  ],
});
