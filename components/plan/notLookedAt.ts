const PREFIX = "not looked at: ";

/**
 * What a preview could not see, and which right it lacks, as a line of a row. The engine's JSON has a line's text and severity
 * alone, so the text says that it is one.
 */
export function notLookedAt(sentence: string): string {
  return PREFIX + sentence;
}

/** The sentence of such a line; undefined for any other. */
export function notLookedAtIn(line: string): string | undefined {
  return line.startsWith(PREFIX) ? line.slice(PREFIX.length) : undefined;
}

const WITHOUT = "; planned without";

/**
 * Inputs that preview does not know yet. The plan is then no input of the phase, since `up --plan` must not hold it to that: it
 * is the first line of the row.
 */
export function notLookedAtButPlanned(unknown: readonly string[], plan: readonly string[]): string {
  const outcome = plan.length > 0 ? WITHOUT : "; nothing to do as far as is known";
  return notLookedAt(`preview cannot tell ${unknown.join(", ")} yet${outcome}`);
}

/** Says this sentence that the plan stands on the row? */
export function isNotLookedAtButPlanned(unseen: string): boolean {
  return unseen.endsWith(WITHOUT);
}
