import { messageOfError, UserError, whatOfError } from "../../kubernetes/errors";
import { parseConfiguration } from "../configuration/parseConfiguration";
import { labelOfTarget } from "./allTargets";
import { outlineOf } from "./outline";
import type { LastLook, OpenTarget } from "./target";

/** Which targets were written, and which held the text already; by name. */
export interface Written {
  written: string[];
  already: string[];
}

/** From what a target must hold to what it is to hold. */
export interface TargetsEdit {
  readonly from: string;
  readonly to: string;
}

/**
 * Writes `to` to every target that holds `from`, one after the other, and reads it back. When one fails, those that hold `to` by then get
 * `from` again, and the error says which failed. A target that already holds `to` is left alone; one that holds neither is an error before
 * anything is written, and at its turn as well: that is somebody else's file, and is neither replaced nor put back.
 *
 * A rename knows no precondition. So each target is read, and `mayWrite` asked, as late as can be: right before the rename, or before the
 * program of a commands target starts. What happens in between is not seen: a process that stops in exactly that moment (a program: for as
 * long as it runs), and stays stopped until its lock is another's, still overwrites what that one wrote.
 *
 * @param mayWrite throws once this run may not write any more, as after its lock was lost
 */
export async function writeAllTargets(
  targets: readonly OpenTarget[],
  { from, to }: TargetsEdit,
  mayWrite: LastLook,
): Promise<Written> {
  const texts = await Promise.all(targets.map((target) => target.read()));
  const strangers = targets.flatMap((target, index) =>
    texts[index] === from || texts[index] === to ? [] : [`${labelOfTarget(target, index)}: ${outlined(texts[index])}`],
  );
  if (strangers.length > 0) throw somebodyElseWrote(strangers, from);
  const result: Written = { written: [], already: [] };
  for (const [index, target] of targets.entries()) {
    if (texts[index] === to) {
      await mayWrite();
      await target.tidy();
      result.already.push(target.name);
      continue;
    }
    try {
      // Two targets may be one file, by two paths or hosts: an earlier turn has written it then.
      if (index > 0 && (await target.read()) === to) {
        result.already.push(target.name);
        continue;
      }
      await replaceText(target, to, (found) => found === from, mayWrite);
      result.written.push(target.name);
    } catch (error) {
      const why = `${labelOfTarget(target, index)}: ${whatOfError(error)}`;
      const begun = { target, isWritten: error instanceof ReadsOtherwise };
      throw await putBack(targets, { from: to, to: from }, why, mayWrite, begun);
    }
  }
  return result;
}

/** The target in whose write something failed. */
interface Begun {
  readonly target: OpenTarget;
  /** It took the text, and what it reads since is another one: perhaps what it held before, out of a cache. */
  readonly isWritten: boolean;
}

class ReadsOtherwise extends UserError {}

/**
 * Gives every target that holds `from` the text `to`, and goes on where one fails; then throws a UserError that names those. What holds
 * neither is somebody else's and stays.
 *
 * @param begun may hold half of `from`, and read as `to` without holding it
 */
export async function restoreAllTargets(
  targets: readonly OpenTarget[],
  { from, to }: TargetsEdit,
  mayWrite: LastLook,
  begun?: Begun,
): Promise<void> {
  const failures: string[] = [];
  for (const [index, target] of targets.entries()) {
    const isBegun = target === begun?.target;
    const isWritten = isBegun && begun.isWritten;
    const isOurs = (found: string): boolean =>
      found === from || (isBegun && isHalfOf(from, found)) || (isWritten && found === to);
    try {
      if ((await target.read()) === to && !isWritten) await target.tidy();
      else await replaceText(target, to, isOurs, mayWrite);
    } catch (error) {
      failures.push(`${labelOfTarget(target, index)}: ${messageOfError(error)}`);
    }
  }
  if (failures.length > 0) throw new UserError(`not put back: ${failures.join("; ")}`);
}

async function putBack(
  targets: readonly OpenTarget[],
  back: TargetsEdit,
  why: string,
  mayWrite: LastLook,
  begun: Begun,
): Promise<UserError> {
  try {
    await mayWrite();
  } catch (error) {
    return new UserError(
      `${why}\n  Nothing was put back: ${messageOfError(error)}\n  Run \`pulumi up\` again: it begins with what the targets hold.`,
    );
  }
  try {
    await restoreAllTargets(targets, back, mayWrite, begun);
    return new UserError(`${why}\n  Every target holds what it held before.`);
  } catch (error) {
    return new UserError(
      `${why}\n  ${messageOfError(error)}\n  Put it right by hand, then run this again: the targets must hold the same bytes.`,
    );
  }
}

async function replaceText(
  target: OpenTarget,
  text: string,
  isOurs: (found: string) => boolean,
  mayWrite: LastLook,
): Promise<void> {
  // Before anything is laid beside the file: that place is of whoever has the lock.
  await mayWrite();
  await target.write(text, async () => {
    const found = await target.read();
    if (!isOurs(found)) {
      throw new UserError({
        what: `${target.name} holds what somebody else wrote meanwhile, ${outlined(found)}: it is left alone`,
        expected: "what this rotation found or wrote there",
        next: "find out who writes it and stop that, then run `pulumi up` again",
      });
    }
    // After the look, since it also tells whether this process stood still in it.
    await mayWrite();
  });
  const found = await target.read();
  if (found === text) return;
  throw new ReadsOtherwise({
    what: `${target.name} holds something else after it was written: ${outlined(found)}`,
    expected: "the text written, to the byte",
    next: "see who else writes it, stop that, then run `pulumi up` again",
  });
}

/** Cut off in its middle, or no configuration at all, which nobody else can have meant to write. */
function isHalfOf(text: string, found: string): boolean {
  if (text.startsWith(found)) return true;
  try {
    parseConfiguration(found, "");
    return false;
  } catch {
    return true;
  }
}

function somebodyElseWrote(items: string[], before: string): UserError {
  return new UserError({
    what: "somebody else wrote the encryption configuration while this rotation was about to; nothing was written",
    items,
    expected: `what was there when it began, ${outlined(before)}`,
    next: "find out who writes it and stop that, then run `pulumi up` again",
  });
}

function outlined(text = ""): string {
  return outlineOf(text).entries.join(" | ");
}
