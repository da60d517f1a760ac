import type { Check } from "../check";

/** Not a check of one thing, but of what all the others left over: what nobody understands is never silently fine. */
export const unhandled: Check = {
  id: "unhandled",
  severity: "error",
  explain: "A keyword, or a key of the CRD, that no check knows differs.",
  why: "Nobody has looked at what this change does to clients and to stored objects.",
  fix: "Find out what it does; acknowledge the finding if it is harmless, and report it so that a check is made of it.",
};
