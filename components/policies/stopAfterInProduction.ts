import type { Problem } from "../kubernetes/problem";
import type { Rule } from "./policy";
import { DISTRIBUTE, SERVE } from "./phaseTypes";

/** In production somebody says how far a rollout or a rotation goes; `drop` and `retire` are answers, too. */
export const stopAfterInProduction: Rule<{ stacks: string }> = {
  name: "stop-after-in-production",
  description: "In a production stack every VersionedCRD and every EncryptionKeyRotation is given stopAfter.",
  configSchema: {
    properties: {
      stacks: { type: "string", default: "prod", description: "A regular expression; stacks whose name it matches." },
    },
  },
  find({ type, props, stack, config: { stacks } }) {
    if (type !== SERVE && type !== DISTRIBUTE) return undefined;
    if (props["stopAfter"] !== undefined) return undefined;
    const pattern = patternOf(stacks);
    if (pattern === undefined) return describeNoPattern(stacks);
    if (!pattern.test(stack)) return undefined;
    const last = type === SERVE ? "drop" : "retire";
    return {
      what: `stopAfter is not given, and the stack's name, ${stack}, matches ${stacks}`,
      expected: "the last phase that may run here",
      why: `without it, one up goes through to ${last}, which cannot be undone`,
      next: `set it in the stack's configuration: stopAfter: "${last}" for all of it`,
    };
  },
};

function patternOf(stacks: string): RegExp | undefined {
  try {
    return new RegExp(stacks);
  } catch {
    return undefined;
  }
}

/** Which stacks it speaks of is not known, so that it stops each. */
function describeNoPattern(stacks: string): Problem {
  return {
    what: `the policy's configuration has stacks: ${stacks}`,
    expected: "a regular expression",
    next: "correct it in the file that --policy-pack-config names",
  };
}
