import { UserError } from "../../kubernetes/errors";
import { boundedProblemItems } from "../../kubernetes/problem";
import type { Found } from "../../crd/sources/collectDefinitions";
import type { Inputs } from "./readInputs";
import { type Definition, versionNamesOfDefinition } from "../../crd/definition";

const SHOWN = 10;

/** One CRD in OLD, in NEW or in both. */
export interface Pair {
  readonly crd: string;
  readonly old: Found | undefined;
  readonly next: Found | undefined;
}

/**
 * Every CRD by its name, in the order of the names.
 *
 * @throws UserError where no CRD is on both sides: two files that have nothing to do with each other are no comparison. A
 * cluster that has none of them is one, before the first installation, and so is a side that is empty
 */
export function pairByName({ old, next }: Inputs): Pair[] {
  const [before, after] = [inputsByName(old.found), inputsByName(next.found)];
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  const pairs = names.map((crd) => ({ crd, old: before.get(crd), next: after.get(crd) }));
  const isComparison = pairs.some((pair) => pair.old !== undefined && pair.next !== undefined);
  const isOneSided = (before.size === 0) !== (after.size === 0);
  if (isComparison || isOneSided || old.isLive || next.isLive) return pairs;
  throw new UserError({
    what: "no CRD is in both OLD and NEW",
    items: [`OLD ${old.given}: ${listed([...before.keys()])}`, `NEW ${next.given}: ${listed([...after.keys()])}`],
    expected: "a CRD of the same metadata.name in both",
    next: "give the same CRD before and after its change",
  });
}

function inputsByName(found: readonly Found[]): Map<string, Found> {
  return new Map(found.map((each) => [each.definition.metadata.name, each]));
}

function listed(names: string[]): string {
  return boundedProblemItems(names.sort().slice(0, SHOWN), names.length).join(", ");
}

/** `v1 → v1, v2`; once where they are the same. */
export function describePairVersions({ old, next }: Pair): string {
  const [before, after] = [namesOf(old?.definition), namesOf(next?.definition)];
  return before === after ? before : `${before} → ${after}`;
}

function namesOf(definition: Definition | undefined): string {
  return definition === undefined ? "none" : versionNamesOfDefinition(definition).join(", ");
}
