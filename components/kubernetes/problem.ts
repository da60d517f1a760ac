/** The parts of an error, and of a warning that asks for something. */
export interface Problem {
  /** What is wrong: the thing and the value that was found. */
  what: string;
  /** What it was found in, an item each; a long list is cut by whoever makes it. */
  items?: readonly string[];
  /** What was expected in its place. */
  expected?: string | undefined;
  /** Why that matters, or what is known of the cause. */
  why?: string | undefined;
  /** What to do. */
  next?: string | undefined;
}

/** Items to show, and a last one that says how many more there are of `total`. */
export function boundedProblemItems(shown: readonly string[], total: number): string[] {
  return total > shown.length ? [...shown, `… and ${total - shown.length} more`] : [...shown];
}

/** The same within a sentence: `a, b and 3 more`. */
export function boundedList(items: readonly string[], most: number, between = ", "): string {
  const shown = items.slice(0, most).join(between);
  return items.length > most ? `${shown} and ${items.length - most} more` : shown;
}

/** The problem on the first line, its items below it, and each other part on a line of its own, where the eye finds it. */
export function describeProblem({ what, items = [], ...parts }: Problem): string {
  const lines = (["expected", "why", "next"] as const).flatMap((name) => {
    const text = parts[name];
    return text === undefined ? [] : [`  ${`${name}:`.padEnd(10)}${text}`];
  });
  const head = items.length === 0 ? what : `${what}:`;
  return [head, ...items.map((item) => `    ${item}`), ...lines].join("\n");
}

/** The same as one line, for a list of failures. */
export function problemInOneLine({ what, items = [], expected, why, next }: Problem): string {
  const head = items.length === 0 ? what : `${what}: ${items.join(", ")}`;
  const parts = [head, expected && `expected ${expected}`, why, next].filter((part) => part !== undefined);
  return parts.join("; ").replace(/\s*\n\s*/g, " ");
}
