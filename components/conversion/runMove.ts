import type { DirectedTransfer, Place } from "./compile";
import { MoveError, reasonOfConversionError } from "./errors";
import { stringifyExact } from "./exactJson";
import { expectedBySchema, fitsSchema } from "./fitsSchema";
import { jsonFromUser, jsonToUser } from "./userJson";
import type { Way } from "./moves";

/**
 * The values of the other side. Absent gives absent, null gives null where nothing else is said, and a value that its own
 * schema does not allow is not shown on the other side: an object stored before its schema must stay readable.
 *
 * @throws MoveError when the user's function throws, or gives what the schema does not allow
 */
export function runMove(move: DirectedTransfer, way: "there" | "back", values: readonly unknown[]): readonly unknown[] {
  const [from, to] = way === "there" ? [move.from, move.to] : [move.to, move.from];
  const call = move[way];
  const absent = to.map(() => undefined);
  if (to.length === 0 || values.every((value) => value === undefined)) return absent;
  if (call === undefined) return values;
  if (move.whole && values.some((value) => value === undefined)) return absent;
  if (values.length === 1 && to.length === 1 && values[0] === null && from[0]?.schema.nullable !== true) return [null];
  if (!values.every((value, index) => fitsSchema(from[index]?.schema, value))) return absent;
  return (
    checked(
      move,
      to,
      call,
      values.map((value, index) => jsonToUser(from[index]?.schema, value)),
    ) ?? absent
  );
}

function checked(
  move: DirectedTransfer,
  to: readonly Place[],
  call: Way,
  values: readonly unknown[],
): readonly unknown[] | undefined {
  let given: unknown;
  let answer: readonly unknown[] = [];
  try {
    given = call(values) ?? undefined;
    if (Array.isArray(given)) answer = given.map(jsonFromUser);
  } catch (error) {
    throw new MoveError(
      move.label,
      move.sensitive ? "the conversion threw (its field is sensitive)" : reasonOfConversionError(error),
    );
  }
  if (given === undefined) return undefined;
  if (answer.length !== to.length) {
    throw new MoveError(move.label, `the conversion gave no list of ${to.length}; expected values for ${texts(to)}`);
  }
  return to.map((place, index) => {
    const value = answer[index];
    if (fitsSchema(place.schema, value)) return value;
    const found = move.sensitive ? "something else" : stringifyExact(value);
    throw new MoveError(move.label, `gave ${found} for ${place.text}; expected ${expectedBySchema(place.schema)}`);
  });
}

function texts(places: readonly Place[]): string {
  return places.map(({ text }) => text).join(", ");
}
