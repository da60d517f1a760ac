/** One object that could not be handled, and why. */
export interface Failure {
  /** `namespace/name`, or the name alone. */
  readonly name: string;
  readonly message: string;
}

/** So many are named, the rest is counted: a message must stay readable. */
export const NAMED_FAILURES = 10;

/** A heading, the first failures by name, how many more there are, and what to do next. */
export function describeFailures(heading: string, failed: readonly Failure[], count: number, next?: string): string {
  const lines = failed.map(({ name, message }) => `  ${name}: ${message}`);
  const more = count > failed.length ? [`  … and ${count - failed.length} more`] : [];
  return [`${heading}:`, ...lines, ...more, ...(next === undefined ? [] : [next])].join("\n");
}
