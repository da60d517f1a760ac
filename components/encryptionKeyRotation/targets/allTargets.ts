import { messageOfError, UserError, whatOfError } from "../../kubernetes/errors";
import type { Problem } from "../../kubernetes/problem";
import { describeOutlineDifference, outlineOf } from "./outline";
import type { OpenTarget } from "./target";
import { sha256OfText } from "./text";

/** What all targets hold, to the byte. */
export interface TargetsText {
  text: string;
  /** Hex, of the bytes: what an API server reports as `sha256:…`. */
  sha256: string;
  /** What some targets hold instead: the write that was under way when something was cut off. */
  cutOff?: string;
}

/** Which targets were written, and which held the text already; by name. */
export interface Written {
  written: string[];
  already: string[];
}

/**
 * Reads every target. Throws a UserError when they do not hold the same bytes: which differ, and how, by structure and key names.
 * Exactly two texts of which `cutOff` knows that the second was being written over the first are no disagreement: the first is returned,
 * and the second as `cutOff`.
 */
export async function readAllTargets(
  targets: readonly OpenTarget[],
  cutOff: (before: string, after: string) => boolean | Promise<boolean> = () => false,
): Promise<TargetsText> {
  const texts = await Promise.all(targets.map((target) => target.read()));
  const distinct = [...new Set(texts)];
  const [first = "", second = ""] = distinct;
  if (distinct.length <= 1) return heldByAllTargets(first);
  if (distinct.length === 2) {
    if (await cutOff(first, second)) return { ...heldByAllTargets(first), cutOff: second };
    if (await cutOff(second, first)) return { ...heldByAllTargets(second), cutOff: first };
  }
  throw new UserError(disagreement(targets, texts, distinct));
}

function heldByAllTargets(text: string): TargetsText {
  return { text, sha256: sha256OfText(text) };
}

function disagreement(targets: readonly OpenTarget[], texts: readonly string[], distinct: readonly string[]): Problem {
  const holders = (text: string): string =>
    targets.flatMap((target, index) => (texts[index] === text ? [label(target, index)] : [])).join(" and ");
  const [first = "", ...others] = distinct;
  const described = distinct.map((text) => `${holders(text)}: ${outlineOf(text).entries.join(" | ")}`);
  const differences = others
    .map((other) => ({ other, difference: describeOutlineDifference(first, other) }))
    .filter(({ difference }) => difference !== "")
    .map(({ other, difference }) => `${holders(first)} against ${holders(other)}: ${difference}`);
  return {
    what: `the targets hold ${distinct.length} different texts`,
    items: [...described, ...differences],
    expected: "the same bytes on all of them",
    next: "make them equal first: copy the file that the API servers report as loaded to the others, unless a key is only in another; keep every key that data may still be under",
  };
}

/**
 * Writes `after` to every target that holds `before`, one after the other, and reads it back. When one fails, all get `before` again, and the
 * error says which failed. A target that already holds `after` is left alone; one that holds neither is an error before anything is written.
 */
export async function writeAllTargets(targets: readonly OpenTarget[], before: string, after: string): Promise<Written> {
  const texts = await Promise.all(targets.map((target) => target.read()));
  const strangers = targets.flatMap((target, index) =>
    texts[index] === before || texts[index] === after ? [] : [`${label(target, index)}: ${outlined(texts[index])}`],
  );
  if (strangers.length > 0) {
    throw new UserError({
      what: "somebody else wrote the encryption configuration while this rotation was about to; nothing was written",
      items: strangers,
      expected: `what was there when it began, ${outlined(before)}`,
      next: "find out who writes it and stop that, then run `pulumi up` again",
    });
  }
  const result: Written = { written: [], already: [] };
  for (const [index, target] of targets.entries()) {
    if (texts[index] === after) {
      await target.tidy();
      result.already.push(target.name);
      continue;
    }
    try {
      await writeAndReadBack(target, after);
      result.written.push(target.name);
    } catch (error) {
      throw await putBack(targets, before, `${label(target, index)}: ${whatOfError(error)}`);
    }
  }
  return result;
}

/** Gives every target this text, whatever it holds, and goes on where one fails; then throws a UserError that names those. */
export async function restoreAllTargets(targets: readonly OpenTarget[], text: string): Promise<void> {
  const failures: string[] = [];
  for (const [index, target] of targets.entries()) {
    try {
      if ((await target.read().catch(() => undefined)) !== text) await writeAndReadBack(target, text);
      else await target.tidy();
    } catch (error) {
      failures.push(`${label(target, index)}: ${messageOfError(error)}`);
    }
  }
  if (failures.length > 0) throw new UserError(`not put back: ${failures.join("; ")}`);
}

/** Runs the reload commands, one target after the other. */
export async function reloadAllTargets(targets: readonly OpenTarget[]): Promise<void> {
  for (const target of targets) await target.reload?.();
}

async function putBack(targets: readonly OpenTarget[], before: string, why: string): Promise<UserError> {
  try {
    await restoreAllTargets(targets, before);
    return new UserError(`${why}\n  Every target holds what it held before.`);
  } catch (error) {
    return new UserError(
      `${why}\n  ${messageOfError(error)}\n  Put it right by hand, then run this again: the targets must hold the same bytes.`,
    );
  }
}

async function writeAndReadBack(target: OpenTarget, text: string): Promise<void> {
  await target.write(text);
  const found = await target.read();
  if (found === text) return;
  throw new UserError({
    what: `${target.name} holds something else after it was written: ${outlined(found)}`,
    expected: "the text written, to the byte",
    next: "see who else writes it, stop that, then run `pulumi up` again",
  });
}

function outlined(text = ""): string {
  return outlineOf(text).entries.join(" | ");
}

/** As the arguments name it: two targets may have like names. */
function label(target: OpenTarget, index: number): string {
  return `targets[${index}] (${target.name})`;
}
