import { describeProblem, boundedProblemItems, type Problem } from "../kubernetes/problem";

/** The user's word that they know of something, by the check that finds it and what it is found in. */
interface Acknowledged {
  check: string;
  path: string;
  reason: string;
}

type Given = readonly Acknowledged[] | undefined;

/** Which acknowledgements a component knows. */
export interface KnownChecks {
  readonly isCheck: (check: unknown) => boolean;
  /** The checks, as words. */
  readonly checks: string;
  readonly example: string;
}

/** Why these are no acknowledgements; undefined where they are. Plain JavaScript programs have no compiler to tell them. */
export function whyNoAcknowledgements(given: unknown, { isCheck, checks, example }: KnownChecks): Problem | undefined {
  if (!Array.isArray(given)) return { what: `acknowledge is of type ${typeof given}`, expected: `[${example}]` };
  for (const [index, each] of given.entries()) {
    const { check, path, reason } = (each ?? {}) as Partial<Record<keyof Acknowledged, unknown>>;
    const where = `acknowledge[${index}]`;
    if (!isCheck(check)) return { what: `${where}.check is ${String(check)}`, expected: checks };
    for (const [name, value] of Object.entries({ path, reason })) {
      if (typeof value === "string" && value.trim() !== "") continue;
      return {
        what: `${where}.${name} is ${JSON.stringify(value) ?? "missing"}`,
        expected: `text, as in [${example}]`,
      };
    }
  }
  return undefined;
}

/** A requirement that is no boolean would be a gate left open. */
export function whyNoRequirement(given: unknown): Problem | undefined {
  if (given === undefined || typeof given === "boolean") return undefined;
  return { what: `requireAcknowledgement is of type ${typeof given}`, expected: "true or false" };
}

/** The user's reason why this finding is none that stops; undefined where they gave none. */
export function acknowledgedReason(given: Given, check: string, path: string): string | undefined {
  return given?.find((each) => each.check === check && each.path === path)?.reason;
}

/** What the last phase of a component takes away, and what the user has said of it. */
export interface Removal {
  /** The CRD, or the rotation. */
  readonly subject: string;
  readonly phase: "drop" | "retire";
  /** What goes: versions or keys, by name. */
  readonly removed: readonly string[];
  /** The check that names what goes. */
  readonly check: "version-dropped" | "key-retired";
  readonly acknowledge: Given;
  /** `requireAcknowledgement` of the component. */
  readonly isRequired: boolean;
  /** What nobody can do any more, once it is gone. */
  readonly why: string;
}

const SHOWN = 10;

/** Where the component requires it, nothing goes that the user has not named; a reason that was given is a note. */
export function checkRemovalAcknowledged(removal: Removal): { problems: string[]; notes: string[] } {
  const { subject, phase, removed, check, acknowledge, isRequired, why } = removal;
  const given = removed.map((path) => ({ path, reason: acknowledgedReason(acknowledge, check, path) }));
  const missing = given.filter(({ reason }) => reason === undefined).map(({ path }) => path);
  const notes = given.flatMap(({ path, reason }) =>
    reason === undefined ? [] : [`${path}: ${phase} is acknowledged: ${reason}`],
  );
  if (!isRequired || missing.length === 0) return { problems: [], notes };
  const problem = describeProblem({
    what: `${subject}: ${phase} removes what no acknowledgement names`,
    items: boundedProblemItems(missing.slice(0, SHOWN), missing.length),
    expected: "one for each, since requireAcknowledgement is set",
    why,
    next: `set acknowledge: [{ check: "${check}", path: "${missing[0]}", reason: "…" }]; or hold it: stopAfter: "migrate"`,
  });
  return { problems: [problem], notes };
}

/** Acknowledgements of these checks that name what this removal does not remove: a mistake, or left over from the last one. */
export function unmatchedRemovals(
  { subject, phase, removed, acknowledge }: Pick<Removal, "subject" | "phase" | "removed" | "acknowledge">,
  checks: readonly string[],
): string[] {
  return ofChecks(acknowledge, checks)
    .filter(({ path }) => !removed.includes(path))
    .map(({ check, path }) =>
      describeProblem({
        what: `${subject}: acknowledge names ${check} of ${path}, and ${phase} removes ${removed.join(", ")}`,
        expected: "what it removes",
        next: "correct it, or take it out",
      }),
    );
}

/**
 * Acknowledgements of these checks where nothing is to be removed. They are no error, since the unchanged program had them when the
 * removal was done; but one that stays would let a later removal of that name pass.
 */
export function leftOverRemovals(
  { subject, phase, acknowledge }: Pick<Removal, "subject" | "phase" | "acknowledge">,
  checks: readonly string[],
): string[] {
  return ofChecks(acknowledge, checks).map(({ check, path }) =>
    describeProblem({
      what: `${subject}: acknowledge names ${check} of ${path}, and ${phase} has nothing to do`,
      why: `it would let a later removal of ${path} pass`,
      next: "take it out",
    }),
  );
}

function ofChecks(acknowledge: Given, checks: readonly string[]): Acknowledged[] {
  return (acknowledge ?? []).filter(({ check }) => checks.includes(check));
}
