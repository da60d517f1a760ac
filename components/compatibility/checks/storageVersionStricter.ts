import type { Check } from "../check";

/** Found between two versions, with the checks that compare a version with its own past. */
export const storageVersionStricter: Check = {
  id: "storage-version-stricter",
  severity: "warning",
  explain:
    "Storage moves to another version with conversion None, and that version refuses what the old storage version takes: a bound, a pattern, an enum, a required field, a rule.",
  why: "Old values pass as long as nobody changes them, and every new one that breaks the schema is refused, but only through the new version. What is no single value (a rule with oldSelf, combined schemas) is refused at once: such an object cannot be rewritten.",
  fix: "Loosen the new version, correct the objects first, or give a conversion webhook. A rehearsal names the objects that cannot be rewritten.",
};
