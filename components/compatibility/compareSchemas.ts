import { canonical } from "../crd/canonical";
import type { Schema } from "../crd/definition";
import { toFinding, type NodeCheck, type Pair } from "./check";
import { NODE_CHECKS } from "./checks";
import { typeChanged } from "./checks/schema/typeChanged";
import { unhandled } from "./checks/schema/unhandled";
import { describeChange } from "./describeValue";
import type { Finding } from "./finding";
import { CHILDREN, pairNodes } from "./pairs";

/** Words for people, which the API server and clients pass over. */
const TEXTS = ["description", "title", "example", "externalDocs"];

/** Each check consumes its keywords; a keyword that none has consumed must be equal on both sides. */
const CONSUMED = new Set([...NODE_CHECKS.flatMap(({ keywords }) => keywords), ...TEXTS, ...CHILDREN]);

const DATA_CHECKS = NODE_CHECKS.filter(({ concerns }) => concerns === "data");

/** One version's schema before and after. `hasClients`: it is served in both. */
export function compareSchemas(path: string, old: Schema, next: Schema, hasClients: boolean): Finding[] {
  const checks = hasClients ? NODE_CHECKS : DATA_CHECKS;
  return pairNodes(path, old, next).flatMap((pair) => compareNode(pair, checks));
}

function compareNode(pair: Pair, checks: readonly NodeCheck[]): Finding[] {
  // All else of the node changes with its type, and would only be said twice.
  const changedType = findWith(typeChanged, pair);
  if (changedType.length > 0) return changedType;
  return [...checks.flatMap((check) => findWith(check, pair)), ...leftOver(pair)];
}

function findWith(check: NodeCheck, pair: Pair): Finding[] {
  return check.compare(pair).map(({ below = "", what }) => toFinding(check, pair.path + below, what));
}

function leftOver({ path, old, next }: Pair): Finding[] {
  return differingKeys(old, next, (key) => CONSUMED.has(key)).map((key) =>
    toFinding(unhandled, path, describeChange(key, old[key], next[key])),
  );
}

/** Keys of which the two differ to the API server, apart from those that are seen to elsewhere. */
export function differingKeys(
  old: Record<string, unknown>,
  next: Record<string, unknown>,
  isSeenTo: (key: string) => boolean,
): string[] {
  const keys = new Set([...Object.keys(old), ...Object.keys(next)]);
  const textOf = (from: Record<string, unknown>, key: string): string => canonical({ [key]: from[key] });
  return [...keys].filter((key) => !isSeenTo(key) && textOf(old, key) !== textOf(next, key)).sort();
}
