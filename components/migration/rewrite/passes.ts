import { UserError } from "../../kubernetes/errors";

/** One pass over every object, and whether anything moved under it. */
export interface PassResult<T> {
  /** The definition and the API servers were the same before and after it. */
  readonly unchanged: boolean;
  /** Which definition it speaks of: uid and generation; for keys, the file's hash. */
  readonly definition: string;
  /** The API servers could be distinguished. */
  readonly distinct: boolean;
  readonly result: T;
}

export interface PassWords {
  /** What else must stand still: `definition`. */
  readonly other: string;
  /** What an error has left alone. */
  readonly unharmed: string;
}

const DEFINITION: PassWords = { other: "definition", unharmed: "storedVersions is as it was" };

/** For the row of a migration: what was proven where, how long it took since `started`, and what of it our own pass wrote. */
export function describeProvenPasses(
  pass: { readonly proven: number; readonly servers: string; readonly rewritten: number; readonly how: string },
  started: number,
  alsoDone = "",
): string {
  const seconds = Math.ceil((performance.now() - started) / 1000);
  return `${pass.proven} proven on ${pass.servers} in ${seconds} s, ${pass.rewritten} of them rewritten by our own pass${alsoDone} (${pass.how})`;
}

/** What was done, with how many passes found the same, where one alone is no proof. */
export function withCleanPasses<T extends { readonly how: string }>(result: T, clean: number): T {
  return clean === 1 ? result : { ...result, how: `${result.how}; ${clean} clean passes in a row` };
}

/** A control plane that never stands still is for its operator to see. */
const MOVED_AT_MOST = 3;
/**
 * Clean passes in a row that are proof where the servers cannot be distinguished: one that lagged during the first, unseen, is
 * unlikely to have lagged through the second and the wait before it as well.
 */
const IN_A_ROW_INDISTINCT = 2;

/**
 * Repeats a pass until enough clean ones followed each other: one where every API server was asked by its own address, two where
 * they cannot be distinguished.
 *
 * @param again told why there is another pass
 * @returns the last pass, and how many were clean in a row
 * @throws UserError when something moved during each of three passes
 */
export async function passUntilProven<T>(
  pass: () => Promise<PassResult<T>>,
  again: (why: string) => void,
  words: PassWords = DEFINITION,
): Promise<{ result: T; clean: number }> {
  let clean: PassResult<T>[] = [];
  for (let moved = 0; moved < MOVED_AT_MOST;) {
    const seen = await pass();
    if (!seen.unchanged) {
      clean = [];
      moved++;
      again(`API servers or ${words.other} changed during pass ${moved}: repeating it`);
      continue;
    }
    clean = [...clean.filter(({ definition }) => definition === seen.definition), seen];
    // One balanced pass in between is enough to know that there is a balancer.
    const needed = clean.every(({ distinct }) => distinct) ? 1 : IN_A_ROW_INDISTINCT;
    if (clean.length >= needed) return { result: seen.result, clean: clean.length };
    again("clean, but the API servers cannot be distinguished: a second pass has to find the same");
  }
  throw new UserError({
    what: `the API servers or the ${words.other} changed during each of ${MOVED_AT_MOST} passes`,
    expected: "no change during one whole pass",
    why: words.unharmed,
    next: "run `pulumi up` again once the control plane is calm",
  });
}
