import { MoveError } from "./errors";
import { parseExact, stringifyExact } from "./exactJson";
import { isJsonMap, ownJsonField, sortKeysOfJsonValue, type JsonMap } from "./jsonValue";
import type { Stash } from "./stash";

/** The API server's limit for all annotations of an object together (apimachinery pkg/api/validation/objectmeta.go). */
const MOST_BYTES = 256 * 1024;
/** Of what is in an annotation. The API server reads no answer of more than 10,000 levels, and Node's own stack holds fewer. */
const DEEPEST = 1000;

/** Where an object keeps what only `version` can hold. */
export function stashAnnotationOf(group: string, version: string): string {
  return `conversion.${group}/${version}`;
}

export function readStashAnnotation(metadata: JsonMap, key: string): Stash | undefined {
  const annotations = ownJsonField(metadata, "annotations");
  const text = isJsonMap(annotations) ? ownJsonField(annotations, key) : undefined;
  if (typeof text !== "string") return undefined;
  try {
    const stash = parseExact(text);
    return isJsonMap(stash) && !isDeeper(stash, DEEPEST) ? stash : undefined;
  } catch {
    // Anyone who may write the object may write this; one bad annotation must not make a whole list unreadable.
    return undefined;
  }
}

/**
 * Metadata with other stashes: all else stays as it is, because the API server takes nothing else from a webhook.
 *
 * @param changes by annotation; undefined takes it away
 * @throws MoveError when the API server would refuse so much
 */
export function withStashAnnotations(metadata: JsonMap, changes: ReadonlyMap<string, Stash | undefined>): JsonMap {
  const found = ownJsonField(metadata, "annotations");
  const before = isJsonMap(found) ? found : {};
  const kept = Object.entries(before).filter(([key]) => !changes.has(key));
  const added = [...changes].flatMap(([key, stash]) => {
    if (stash === undefined) return [];
    if (!isDeeper(stash, DEEPEST)) return [[key, stringifyExact(sortKeysOfJsonValue(stash))]];
    const problem = `what only the other version can hold (${key}) has more than ${DEEPEST} levels`;
    throw new MoveError("metadata.annotations", `${problem}; keep the field in both versions`);
  });
  if (added.length === 0 && kept.length === Object.keys(before).length) return metadata;
  const annotations: JsonMap = Object.fromEntries([...kept, ...added] as [string, unknown][]);
  if (added.length > 0) checkSize(annotations, changes);
  if (Object.keys(annotations).length > 0) return { ...metadata, annotations };
  const { annotations: _, ...rest } = metadata;
  return rest;
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

function checkSize(annotations: JsonMap, changes: ReadonlyMap<string, unknown>): void {
  const bytes = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(value)),
    0,
  );
  if (bytes <= MOST_BYTES) return;
  throw new MoveError(
    "metadata.annotations",
    `${bytes} bytes with what only the other version can hold (${[...changes.keys()].join(", ")}); expected at most ${MOST_BYTES}, the API server's limit; make that version the storage version, or keep the field in both`,
  );
}
