import type { Schema } from "../../../crd/definition";
import type { NodeCheck } from "../../check";
import { describeChange } from "../../describeValue";

const LIST_TYPE = "x-kubernetes-list-type";
const LIST_MAP_KEYS = "x-kubernetes-list-map-keys";
const MAP_TYPE = "x-kubernetes-map-type";

const listType = (schema: Schema): unknown => schema[LIST_TYPE] || "atomic";
const mapType = (schema: Schema): unknown => schema[MAP_TYPE] || "granular";

/** The order of the keys means nothing. */
const mapKeys = (schema: Schema): string[] => [...((schema[LIST_MAP_KEYS] ?? []) as string[])].sort();

export const listTypeChanged: NodeCheck = {
  id: "list-type-changed",
  severity: "error",
  explain: `\`${LIST_TYPE}\` is another one; where it is left out, it is atomic.`,
  why: "Server-side apply merges the list in another way, so that one applier takes over or deletes another's items; set and map also refuse items that are there twice.",
  fix: "Keep the list type, or change it in a new version.",
  keywords: [LIST_TYPE],
  concerns: "clients",
  compare: ({ old, next }) =>
    listType(old) === listType(next) ? [] : [{ what: describeChange(LIST_TYPE, listType(old), listType(next)) }],
};

export const listMapKeysChanged: NodeCheck = {
  id: "list-map-keys-changed",
  severity: "error",
  explain: `\`${LIST_MAP_KEYS}\` of a list of type map has other keys. Their order is no finding.`,
  why: "Other items count as the same: server-side apply merges them in another way, and items that differ in no key are refused.",
  fix: "Keep the keys, or change them in a new version.",
  keywords: [LIST_MAP_KEYS],
  concerns: "clients",
  compare: ({ old, next }) => {
    // Keys come and go with the list type, which is said already.
    if (listType(old) !== listType(next)) return [];
    const [before, after] = [mapKeys(old), mapKeys(next)];
    return before.join() === after.join() ? [] : [{ what: describeChange(LIST_MAP_KEYS, before, after) }];
  },
};

export const mapTypeChanged: NodeCheck = {
  id: "map-type-changed",
  severity: "error",
  explain: `\`${MAP_TYPE}\` is another one; where it is left out, it is granular.`,
  why: "Server-side apply owns the map as a whole instead of key by key, or the other way round, so that one applier takes over or deletes another's keys.",
  fix: "Keep the map type, or change it in a new version.",
  keywords: [MAP_TYPE],
  concerns: "clients",
  compare: ({ old, next }) =>
    mapType(old) === mapType(next) ? [] : [{ what: describeChange(MAP_TYPE, mapType(old), mapType(next)) }],
};
