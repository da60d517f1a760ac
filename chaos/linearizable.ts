import type { Action, Operation } from "./history";

/** The object as one copy without a network would be: its value, or null where it does not exist. */
type State = string | null;

/** One way in which the operations so far may have happened. */
interface Configuration {
  readonly state: State;
  /** Begun and not ended, and in this way already done. */
  readonly done: readonly number[];
}

/** More ways than any history of a run has: then the check gives up, and says so. */
const MOST = 200_000;

/** What cannot be: one sentence for each object whose history has no order. Empty when each has one. */
export function findNotLinearizable(operations: readonly Operation[]): string[] {
  const objects = new Map<string, Operation[]>();
  for (const operation of operations) {
    const of = objects.get(operation.object);
    if (of === undefined) objects.set(operation.object, [operation]);
    else of.push(operation);
  }
  return [...objects.keys()].sort().flatMap((name) => {
    const history = objects.get(name) ?? [];
    const why = whyNotLinearizable(history) ?? whyOutOfOrder(history);
    return why === undefined ? [] : [`${name}: ${why}`];
  });
}

/**
 * Wing and Gong's check, one end of an operation after the other: an answered operation took effect at one moment between its
 * beginning and its end; an unknown one at any moment after its beginning, or never. Undefined when there is such an order.
 */
export function whyNotLinearizable(history: readonly Operation[]): string | undefined {
  const operations = withoutUnseen(history);
  const open = new Set<number>();
  let ways: Configuration[] = [{ state: null, done: [] }];
  for (const { nth, isEnd } of moments(operations)) {
    if (!isEnd) {
      open.add(nth);
      continue;
    }
    const before = ways;
    ways = waysThatDid(nth, before, [...open], operations);
    open.delete(nth);
    const operation = operations[nth];
    if (ways.length === 0 && operation !== undefined) return whyNone(operation, before);
  }
  return undefined;
}

/** Every beginning and end, as they came; what never ended has no end. */
function moments(operations: readonly Operation[]): { nth: number; isEnd: boolean; at: number }[] {
  return operations
    .flatMap(({ invoked, completed }, nth) => [
      { nth, isEnd: false, at: invoked },
      ...(completed === Infinity ? [] : [{ nth, isEnd: true, at: completed }]),
    ])
    .sort((left, right) => left.at - right.at);
}

/** The ways in which this operation has been done by now, each once; from then on it need not be remembered. */
function waysThatDid(
  nth: number,
  ways: readonly Configuration[],
  open: readonly number[],
  operations: readonly Operation[],
): Configuration[] {
  const found = new Map<string, Configuration>();
  const seen = new Set<string>();
  const queue = [...ways];
  for (let way = queue.pop(); way !== undefined; way = queue.pop()) {
    if (way.done.includes(nth)) {
      const rest = { state: way.state, done: way.done.filter((each) => each !== nth) };
      found.set(keyOf(rest), rest);
      continue;
    }
    if (seen.has(keyOf(way))) continue;
    seen.add(keyOf(way));
    if (seen.size > MOST)
      throw new Error(`more than ${MOST} ways in which a history may have happened; expected fewer`);
    for (const next of open) {
      const action = operations[next]?.action;
      const state = action === undefined || way.done.includes(next) ? undefined : after(action, way.state);
      if (state !== undefined) queue.push({ state, done: [...way.done, next].sort((left, right) => left - right) });
    }
  }
  return [...found.values()];
}

const keyOf = ({ state, done }: Configuration): string => `${done.join(",")} ${JSON.stringify(state)}`;

/** The state after it, or undefined where it could not have been answered as it was. */
function after(action: Action, state: State): State | undefined {
  switch (action.kind) {
    case "create":
      return state === null ? action.value : undefined;
    case "update":
      return state === null ? undefined : action.value;
    case "swap":
      return state === action.from ? action.value : undefined;
    case "delete":
      return state === null ? undefined : null;
    case "read":
      return state === action.value ? state : undefined;
    case "exists":
      return state === null ? undefined : state;
  }
}

/** Each value is written once. An unknown one that nobody ever saw need not have happened: to leave it out loses no order. */
function withoutUnseen(history: readonly Operation[]): Operation[] {
  const seen = new Set(
    history.flatMap(({ action }) =>
      action.kind === "read" ? [action.value] : action.kind === "swap" ? [action.from] : [],
    ),
  );
  const isUnseen = ({ outcome, action }: Operation): boolean =>
    outcome === "unknown" && (action.kind === "update" || action.kind === "swap") && !seen.has(action.value);
  return history.filter((operation) => !isUnseen(operation));
}

function whyNone({ action, client }: Operation, before: readonly Configuration[]): string {
  const states = [...new Set(before.map(({ state }) => state ?? "absent"))].sort().slice(0, 5).join(" or ");
  return `${client}: ${describe(action)}; expected that of an object that is ${states}, or of one that an open request has changed`;
}

function describe(action: Action): string {
  switch (action.kind) {
    case "create":
    case "update":
      return `${action.kind} to ${action.value} was acknowledged`;
    case "swap":
      return `swap of ${action.from} for ${action.value} was acknowledged`;
    case "delete":
      return "delete was acknowledged";
    case "read":
      return `read found ${action.value ?? "no object"}`;
    case "exists":
      return "create found an object";
  }
}

/** etcd's own order: what began after another one ended must not have been answered with an earlier resourceVersion. */
function whyOutOfOrder(history: readonly Operation[]): string | undefined {
  const answered = history.filter(({ resourceVersion }) => /^\d+$/.test(resourceVersion ?? ""));
  const ends = [...answered].sort((left, right) => left.completed - right.completed);
  const begins = [...answered].sort((left, right) => left.invoked - right.invoked);
  let highest = 0n;
  let at = 0;
  for (const operation of begins) {
    for (let ended = ends[at]; ended !== undefined && ended.completed < operation.invoked; ended = ends[++at]) {
      const version = BigInt(ended.resourceVersion ?? 0);
      if (version > highest) highest = version;
    }
    if (BigInt(operation.resourceVersion ?? 0) < highest)
      return `${operation.client}: ${describe(operation.action)} at resourceVersion ${operation.resourceVersion}; expected ${highest} or later`;
  }
  return undefined;
}
