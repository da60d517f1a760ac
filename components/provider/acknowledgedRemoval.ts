import { describeProblem, boundedProblemItems } from "../kubernetes/problem";
import { type Acknowledged, type Given, acknowledgedReason } from "./acknowledgements";

/** What the last phase of a component takes away, and what the user has said of it. */
export interface Removal {
  /** The CRD, or the rotation. */
  readonly subject: string;
  readonly phase: "drop" | "retire";
  /** The check that names what goes. */
  readonly check: "version-dropped" | "key-retired";
  /** It, and those that speak of what goes as well. */
  readonly checks: readonly string[];
  readonly acknowledge: Given;
  /** `requireAcknowledgement` of the component. */
  readonly isRequired: boolean;
  /** What nobody can do any more, once it is gone. */
  readonly why: string;
}

const SHOWN = 10;

/**
 * Where the component requires it, nothing goes that the user has not named; a reason that was given is a note.
 *
 * @param removed what goes: versions or keys, by name
 */
export function checkRemovalAcknowledged(
  { subject, phase, check, acknowledge, isRequired, why }: Removal,
  removed: readonly string[],
): { problems: string[]; notes: string[] } {
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

/** Acknowledgements that name what this removal does not remove: a mistake, or left over from the last one. */
export function unmatchedRemovalAcknowledgements(
  { subject, phase, acknowledge, checks }: Removal,
  removed: readonly string[],
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
 * Acknowledgements where nothing is to be removed. They are no error, since the unchanged program had them when the
 * removal was done; but one that stays would let a later removal of that name pass.
 */
export function leftOverRemovalAcknowledgements({ subject, phase, acknowledge, checks }: Removal): string[] {
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
