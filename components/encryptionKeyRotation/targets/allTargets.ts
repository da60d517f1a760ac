import { UserError } from "../../kubernetes/errors";
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
    targets.flatMap((target, index) => (texts[index] === text ? [labelOfTarget(target, index)] : [])).join(" and ");
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

/** Runs the reload commands, one target after the other. */
export async function reloadAllTargets(targets: readonly OpenTarget[]): Promise<void> {
  for (const target of targets) await target.reload?.();
}

/** As the arguments name it: two targets may have like names. */
export function labelOfTarget(target: OpenTarget, index: number): string {
  return `targets[${index}] (${target.name})`;
}
