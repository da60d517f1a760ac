import type { Container, DirectedScope, DirectedTransfer, DirectedNested } from "./compile";
import { isEqualWithDefaults } from "./defaults";
import { Draft } from "./draft";
import { readJsonAtPath, isEqualJson, isJsonMap, type JsonMap } from "./jsonValue";
import { carryNestedList, type Carried } from "./lists";
import { runMove } from "./runMove";
import { openStashEntry, Leftovers, type Keeper, type Stash } from "./stash";

/** What a move makes of its fields: values for the other side, by place. */
interface Moved {
  readonly move: DirectedTransfer | DirectedNested;
  readonly before: readonly unknown[];
  after: readonly unknown[];
  restored: boolean;
  /** What to add to the stash, once it is known that `after` could be put where it belongs. */
  entry: JsonMap | undefined;
}

/**
 * Carries one object from one version to its neighbour. Rules: what no move names is the same on both sides and is shared
 * with the input; every field of the output comes from a field of the input or from what an earlier way back left
 * (`returning`); whatever the way back would not give again goes into the stash.
 *
 * @throws MoveError
 */
export function carry(scope: DirectedScope, input: JsonMap, returning: Stash | undefined, keeper: Keeper): Carried {
  if (scope.moves.length === 0) return { output: input, stash: undefined };
  const leftovers = new Leftovers(keeper);

  const moved = scope.moves.map((move) =>
    move.kind === "transfer"
      ? carryTransfer(move, input, returning, keeper)
      : carryNested(move, input, openStashEntry(returning, move.toKey, keeper), keeper),
  );
  const draft = new Draft(input);
  takeOut(moved, scope.containers, draft, leftovers);
  for (const each of moved) putIn(each, draft, leftovers);
  for (const container of scope.containers) {
    const isNew = container.inFrom && container.inTo && readJsonAtPath(input, container.path) === undefined;
    if (isNew && readJsonAtPath(draft.value, container.path) !== undefined)
      leftovers.add(container.text, { created: true }, false);
    if (container.inTo) restoreContainer(draft, container, returning, keeper);
  }
  return { output: draft.value, stash: leftovers.stash };
}

/** The fields leave, and the objects that were only there for them. */
function takeOut(moved: readonly Moved[], containers: readonly Container[], draft: Draft, leftovers: Leftovers): void {
  for (const { move } of moved) for (const place of placesOf(move, "from")) draft.remove(place.path);
  for (const container of containers) {
    if (!container.inFrom || container.inTo) continue;
    const residue = readJsonAtPath(draft.value, container.path);
    if (residue === undefined) continue;
    draft.remove(container.path);
    const rebuilt = isJsonMap(residue) && moved.some((m) => fills(m, container));
    if (rebuilt && Object.keys(residue).length === 0) continue;
    leftovers.add(container.text, { container: residue }, container.sensitive && !isEmpty(residue));
  }
}

/** The values of a move go where the other version has them. */
function putIn(each: Moved, draft: Draft, leftovers: Leftovers): void {
  const places = placesOf(each.move, "to");
  const present = places.filter((_, index) => each.after[index] !== undefined);
  if (each.restored && present.some(({ anchor }) => !isThere(draft.value, anchor))) {
    each.after = each.after.map(() => undefined);
  } else if (present.some(({ path }) => !draft.takes(path))) {
    // A null where an object is needed: nothing can be put there, and it may be what someone wants to see.
    each.after = each.after.map(() => undefined);
    each.entry = wholeEntry(each);
  }
  places.forEach(({ path }, index) => {
    if (each.after[index] !== undefined) draft.put(path, each.after[index]);
  });
  if (each.entry !== undefined) leftovers.add(each.move.fromKey, each.entry, hides(each.move, each.entry));
}

function carryTransfer(move: DirectedTransfer, input: JsonMap, returning: Stash | undefined, keeper: Keeper): Moved {
  const before = move.from.map(({ path }) => readJsonAtPath(input, path));
  const entry = openStashEntry(returning, move.toKey, keeper);
  const value = entry?.["value"];
  if (isJsonMap(value)) {
    const shown = entry?.["shown"];
    const unedited = move.from.every(({ schema, text }, index) =>
      isEqualWithDefaults(schema, before[index], isJsonMap(shown) ? readJsonAtPath(shown, [text]) : undefined),
    );
    if (unedited) {
      return {
        move,
        before,
        after: move.to.map(({ text }) => readJsonAtPath(value, [text])),
        restored: true,
        entry: undefined,
      };
    }
  }
  const after = runMove(move, "there", before);
  return {
    move,
    before,
    after,
    restored: false,
    entry: isLossyTransfer(move, before, after) ? keptOfTransfer(move, before, after) : undefined,
  };
}

/** Whether the way back would give something else. A way back that throws gives nothing. */
function isLossyTransfer(move: DirectedTransfer, before: readonly unknown[], after: readonly unknown[]): boolean {
  if (before.every((value) => value === undefined)) return false;
  if (move.there === undefined && move.to.length > 0) return false;
  try {
    const again = runMove(move, "back", after);
    return before.some((value, index) => !isEqualJson(value, again[index]));
  } catch {
    return true;
  }
}

function keptOfTransfer(move: DirectedTransfer, before: readonly unknown[], after: readonly unknown[]): JsonMap {
  const shown = namedValues(move.to, after);
  return { value: namedValues(move.from, before), ...(Object.keys(shown).length > 0 && { shown }) };
}

function namedValues(places: readonly { text: string }[], values: readonly unknown[]): JsonMap {
  return Object.fromEntries(
    places.flatMap(({ text }, index) => (values[index] === undefined ? [] : [[text, values[index]]])),
  );
}

function carryNested(move: DirectedNested, input: JsonMap, entry: JsonMap | undefined, keeper: Keeper): Moved {
  const before = readJsonAtPath(input, move.from.path);
  const { after, restored, left } = carryNestedList(move, before, entry, (element, returning) =>
    carry(move.scope, element, returning, keeper),
  );
  return { move, before: [before], after: [after], restored, entry: left };
}

function wholeEntry({ move, before }: Moved): JsonMap {
  return move.kind === "transfer" ? keptOfTransfer(move, before, []) : { whole: before[0] };
}

/** Of a list only what is kept whole needs the seal: its elements' own secrets have theirs. */
function hides(move: DirectedTransfer | DirectedNested, entry: JsonMap): boolean {
  return move.sensitive && (move.kind === "transfer" || "whole" in entry || "rest" in entry);
}

function placesOf(move: DirectedTransfer | DirectedNested, side: "from" | "to") {
  return move.kind === "transfer" ? move[side] : [move[side]];
}

function fills({ move, before }: Moved, container: Container): boolean {
  return placesOf(move, "from").some(
    ({ text }, index) => before[index] !== undefined && text.startsWith(`${container.text}.`),
  );
}

function isThere(value: unknown, path: readonly string[]): boolean {
  return path.length === 0 || isJsonMap(readJsonAtPath(value, path));
}

function isEmpty(value: unknown): boolean {
  return isJsonMap(value) && Object.keys(value).length === 0;
}

function restoreContainer(draft: Draft, container: Container, returning: Stash | undefined, keeper: Keeper): void {
  const entry = openStashEntry(returning, container.text, keeper);
  if (entry === undefined) return;
  const found = readJsonAtPath(draft.value, container.path);
  if (entry["created"] === true && isEmpty(found)) return draft.remove(container.path);
  const residue = entry["container"];
  if (residue === undefined || !isThere(draft.value, container.anchor)) return;
  if (found === undefined) return draft.takes(container.path) ? draft.put(container.path, residue) : undefined;
  if (!isJsonMap(found) || !isJsonMap(residue)) return;
  for (const [name, value] of Object.entries(residue)) {
    if (readJsonAtPath(found, [name]) === undefined && name !== "__proto__")
      draft.put([...container.path, name], value);
  }
}
