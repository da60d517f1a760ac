import * as fc from "fast-check";
import type { Action, Operation } from "../../../chaos/history";
import { findNotLinearizable, whyNotLinearizable } from "../../../chaos/linearizable";

/** One client after the other: each operation begins when the one before has ended. */
const inTurn = (...actions: Action[]): Operation[] =>
  actions.map((action, nth) => ({
    object: "o",
    client: "c",
    action,
    outcome: "ok",
    invoked: 2 * nth,
    completed: 2 * nth + 1,
  }));

/** From its beginning to its end, in whatever order they are written down. */
const at = (invoked: number, completed: number, action: Action): Operation => ({
  object: "o",
  client: "c",
  action,
  outcome: completed === Infinity ? "unknown" : "ok",
  invoked,
  completed,
});

const create = (value: string): Action => ({ kind: "create", value });
const update = (value: string): Action => ({ kind: "update", value });
const swap = (from: string, value: string): Action => ({ kind: "swap", from, value });
const read = (value: string | null): Action => ({ kind: "read", value });
const remove: Action = { kind: "delete" };
const exists: Action = { kind: "exists" };

describe("histories that must be refused", () => {
  test.each<[string, Operation[]]>([
    ["an acknowledged create is gone", inTurn(create("a"), read(null))],
    ["an acknowledged update is gone", inTurn(create("a"), update("b"), read("a"))],
    ["a value comes back after a later one was read", inTurn(create("a"), update("b"), read("b"), read("a"))],
    ["a value that nobody wrote", inTurn(create("a"), read("x"))],
    [
      "an update is lost between a read and the swap that rests on it",
      inTurn(create("a"), update("b"), swap("a", "c")),
    ],
    [
      "two swaps of the same value are both acknowledged",
      [at(0, 1, create("a")), at(2, 5, swap("a", "b")), at(3, 4, swap("a", "c"))],
    ],
    ["a deleted object is resurrected", inTurn(create("a"), remove, read(null), read("a"))],
    ["a deleted object is resurrected by nobody's create", inTurn(create("a"), remove, exists)],
    ["an object is deleted twice", inTurn(create("a"), remove, remove)],
    ["an object is created twice", inTurn(create("a"), create("b"))],
    ["an update of an object that was never there", inTurn(update("a"))],
    [
      "an unknown update takes effect before it began",
      [at(0, 1, create("a")), at(2, 3, read("b")), at(4, Infinity, update("b"))],
    ],
    [
      "an unknown update takes effect twice",
      [
        at(0, 1, create("a")),
        at(2, Infinity, update("b")),
        at(3, 4, read("b")),
        at(5, 6, update("c")),
        at(7, 8, read("b")),
      ],
    ],
    [
      "two readers see two updates in different orders",
      [
        at(0, 1, create("a")),
        at(2, 20, update("b")),
        at(3, 21, update("c")),
        at(4, 5, read("b")),
        at(6, 7, read("c")),
        at(8, 9, read("b")),
      ],
    ],
  ])("%s", (_, history) => {
    expect(whyNotLinearizable(history)).toBeDefined();
  });

  test("what it says: who saw what, and what could have been seen", () => {
    expect(findNotLinearizable(inTurn(create("a"), update("b"), read("a")))).toEqual([
      "o: c: read found a; expected that of an object that is b, or of one that an open request has changed",
    ]);
  });
});

describe("histories that must pass", () => {
  test.each<[string, Operation[]]>([
    ["nothing happened", []],
    [
      "one after the other",
      inTurn(read(null), create("a"), read("a"), swap("a", "b"), exists, remove, read(null), create("c")),
    ],
    [
      "a read beside an update sees either",
      [at(0, 1, create("a")), at(2, 9, update("b")), at(3, 4, read("a")), at(5, 6, read("b"))],
    ],
    ["an unknown update that happened", [at(0, 1, create("a")), at(2, Infinity, update("b")), at(3, 4, read("b"))]],
    [
      "an unknown update that never happened",
      [at(0, 1, create("a")), at(2, Infinity, update("b")), at(3, 4, read("a"))],
    ],
    [
      "an unknown update that happens much later",
      [
        at(0, 1, create("a")),
        at(2, Infinity, update("b")),
        at(3, 4, read("a")),
        at(5, 6, update("c")),
        at(7, 8, read("c")),
        at(9, 10, read("b")),
      ],
    ],
    ["an unknown create, found by the next one", [at(0, Infinity, create("a")), at(1, 2, exists), at(3, 4, read("a"))]],
    [
      "an unknown delete that happened",
      [at(0, 1, create("a")), at(2, Infinity, remove), at(3, 4, read(null)), at(5, 6, create("b"))],
    ],
    [
      "two updates at once, read in either order",
      [at(0, 1, create("a")), at(2, 5, update("b")), at(3, 4, update("c")), at(6, 7, read("b"))],
    ],
  ])("%s", (_, history) => {
    expect(findNotLinearizable(history)).toEqual([]);
  });

  test("a hundred unknown updates that nobody saw cost no time", () => {
    const unknown = Array.from({ length: 100 }, (_, nth) => at(2 + nth, Infinity, update(`u${nth}`)));
    expect(findNotLinearizable([at(0, 1, create("a")), ...unknown, at(200, 201, read("a"))])).toEqual([]);
  });
});

test("an answer with an earlier resourceVersion than one that was already given is out of order; one beside it is not", () => {
  const [first, second] = inTurn(create("a"), read("a")) as [Operation, Operation];
  const answered = (early: number): Operation[] => [
    { ...first, resourceVersion: "10" },
    { ...second, invoked: early, resourceVersion: "9" },
  ];
  expect(findNotLinearizable(answered(2))).toEqual([expect.stringMatching(/resourceVersion 9; expected 10 or later/)]);
  expect(findNotLinearizable(answered(0))).toEqual([]);
});

/** A register that one server keeps, used by clients at once: what it answers has an order, the one in which it answered. */
const made = fc
  .array(fc.record({ kind: fc.constantFrom("write", "read", "delete"), wide: fc.nat(5), isUnknown: fc.boolean() }), {
    maxLength: 25,
  })
  .map((turns) => {
    let state: string | null = null;
    return turns.map(({ kind, wide, isUnknown }, nth): Operation => {
      const value = `v${nth}`;
      let action: Action;
      if (kind === "read") action = read(state);
      else if (kind === "delete") action = state === null ? read(null) : remove;
      else action = state === null ? create(value) : update(value);
      if (action.kind === "delete") state = null;
      if (action.kind === "create" || action.kind === "update") state = value;
      const isRead = action.kind === "read";
      const completed = isUnknown && !isRead ? Infinity : 10 * nth + 10 * wide + 1.5;
      return at(10 * nth - 10 * wide + nth / 1_000, completed + nth / 1_000, action);
    });
  });

test("whatever a single copy answers to clients at once has an order", () => {
  fc.assert(fc.property(made, (history) => expect(whyNotLinearizable(history)).toBeUndefined()));
});

test("a read, after all is over, of a value that was overwritten since has none", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { minLength: 2, maxLength: 10 }), fc.nat(), (values, which) => {
      const actions = values.map((_, nth) => (nth === 0 ? create("v0") : update(`v${nth}`)));
      const old = `v${which % (values.length - 1)}`;
      expect(whyNotLinearizable(inTurn(...actions, read(old)))).toBeDefined();
    }),
  );
});
