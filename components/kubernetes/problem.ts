/** The parts of every error, and of warnings that ask for something. */
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

/** The problem on the first line, its items below it, and each other part on a line of its own, where the eye finds it. */
export function describeProblem({ what, items = [], ...parts }: Problem): string {
  const lines = (["expected", "why", "next"] as const).flatMap((name) => {
    const text = parts[name];
    return text === undefined ? [] : [`  ${`${name}:`.padEnd(10)}${text}`];
  });
  const head = items.length === 0 ? what : `${what}:`;
  return [head, ...items.map((item) => `    ${item}`), ...lines].join("\n");
}
