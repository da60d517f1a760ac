import { defineConversion } from "../../../../components/conversion";

const schema = { type: "object" } as const;
const made = defineConversion({
  group: "stable.example.com",
  kind: "SelfieRequest",
  versions: { v1: schema, v2: schema },
  steps: (step) => [step("v1", "v2", () => [])],
});

/** Converts nothing, in the way that BREAKS says. */
export default {
  ...made,
  review: (...[body, options]: Parameters<typeof made.review>) => {
    if (process.env["BREAKS"] === "exit") process.exit(3);
    if (process.env["BREAKS"] === "throw") throw new Error("told to");
    const { request, ...rest } = body as { request: object };
    return made.review({ ...rest, request: { ...request, desiredAPIVersion: "stable.example.com/v9" } }, options);
  },
};
