import type { Problem } from "../kubernetes/problem";

/**
 * Which arguments are none; undefined where each is one. In a JavaScript program nobody else would notice, and `stopafter: "migrate"`
 * would hold nothing back.
 */
export function whyUnknownArguments(args: object, known: Readonly<Record<string, true>>): Problem | undefined {
  const unknown = Object.keys(args).filter((key) => !(key in known));
  if (unknown.length === 0) return undefined;
  const meant = Object.keys(known).find((each) => unknown.some((key) => key.toLowerCase() === each.toLowerCase()));
  return {
    what: `unknown argument ${unknown.join(", ")}`,
    expected: `only ${Object.keys(known).sort().join(", ")}`,
    next: meant === undefined ? "correct it, or take it out" : `write ${meant}`,
  };
}
