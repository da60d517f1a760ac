import type { Problem } from "../kubernetes/problem";

/**
 * Which of these arguments is no list of texts; undefined where each is one, or is not given. Plain JavaScript programs have no compiler
 * to tell them: of a text in the place of a list `includes` finds every part, so that "cp-21" would declare cp-2 decommissioned as well.
 */
export function whyNoTextLists(args: object, names: readonly string[]): Problem | undefined {
  const given = args as Readonly<Record<string, unknown>>;
  const wrong = names.find((name) => given[name] !== undefined && !isTextList(given[name]));
  if (wrong === undefined) return undefined;
  const found = Array.isArray(given[wrong]) ? "holds something else than texts" : `is of type ${typeof given[wrong]}`;
  return { what: `${wrong} ${found}`, expected: 'a list of texts, such as ["…"]' };
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "string" && each !== "");
}
