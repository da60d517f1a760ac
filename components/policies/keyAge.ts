import type { Rule } from "./policy";
import { DISTRIBUTE } from "./phaseTypes";

/** The age itself is known to preview alone, which warns of it; the pack sees to it that preview is asked. */
export const keyAge: Rule<{ days: number }> = {
  name: "key-age",
  description: "Every EncryptionKeyRotation is told an age of its write key from which preview warns.",
  configSchema: {
    properties: { days: { type: "number", default: 90, description: "The highest maxKeyAgeDays that is allowed." } },
  },
  find({ type, props, config: { days } }) {
    if (type !== DISTRIBUTE) return undefined;
    const { maxKeyAgeDays } = props as { maxKeyAgeDays?: number };
    if (maxKeyAgeDays !== undefined && maxKeyAgeDays <= days) return undefined;
    return {
      what: maxKeyAgeDays === undefined ? "maxKeyAgeDays is not given" : `maxKeyAgeDays is ${maxKeyAgeDays}`,
      expected: `at most ${days}`,
      why: "preview and up warn of an old key only where they are told the age",
      next: `set maxKeyAgeDays: ${days}`,
    };
  },
};
