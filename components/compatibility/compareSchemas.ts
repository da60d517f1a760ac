import type { Schema } from "../crd/definition";
import { makeFindingOfCheck, type NodeCheck, type Pair } from "./check";
import { NODE_CHECKS } from "./checks";
import { typeChanged } from "./checks/schema/typeChanged";
import type { Finding } from "./finding";
import { leftOverKeys } from "./leftOverKeys";
import { CHILDREN, pairSchemaNodes } from "./pairSchemas";
import { TEXTS } from "./withoutTexts";

/** Each check consumes its keywords; a keyword that none has consumed must be equal on both sides. */
const CONSUMED = new Set([...NODE_CHECKS.flatMap(({ keywords }) => keywords), ...TEXTS, ...CHILDREN]);

const DATA_CHECKS = NODE_CHECKS.filter(({ concerns }) => concerns === "data");

/** One version's schema before and after. `hasClients`: it is served in both. */
export function compareSchemas(path: string, old: Schema, next: Schema, hasClients: boolean): Finding[] {
  const checks = hasClients ? NODE_CHECKS : DATA_CHECKS;
  return pairSchemaNodes(path, old, next).flatMap((pair) => compareNode(pair, checks));
}

function compareNode(pair: Pair, checks: readonly NodeCheck[]): Finding[] {
  // All else of the node changes with its type, and would only be said twice.
  const changedType = findWith(typeChanged, pair);
  if (changedType.length > 0) return changedType;
  return [
    ...checks.flatMap((check) => findWith(check, pair)),
    ...leftOverKeys(pair.path, pair.old, pair.next, CONSUMED),
  ];
}

function findWith(check: NodeCheck, pair: Pair): Finding[] {
  return check.compare(pair).map(({ below = "", what }) => makeFindingOfCheck(check, pair.path + below, what));
}
