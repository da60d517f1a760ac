import { stashAnnotationOf, readStashAnnotation, withStashAnnotations } from "./stashAnnotations";
import { carry } from "./carry";
import type { Scope } from "./compile";
import { ConversionError, MoveError } from "./errors";
import { isJsonMap, ownJsonField, type JsonMap } from "./jsonValue";
import { waitingInStash, stashWithWaiting, type Stash } from "./stash";
import { makeSealer } from "./sealing";

/** A chain of versions with the steps between neighbours, ready to run. */
export interface Chain {
  readonly group: string;
  readonly kind: string;
  /** From the oldest to the newest. */
  readonly versions: readonly string[];
  /** `steps[i]` is between `versions[i]` and `versions[i + 1]`. */
  readonly steps: readonly Scope[];
}

export interface ConvertOptions {
  /**
   * 32 bytes each: they seal what is sensitive and one version cannot hold. The first one seals, all of them open. Default:
   * none, and such an object is refused.
   */
  keys?: readonly Uint8Array[];
}

/**
 * One object in another version. The input is not touched; what does not change is shared with it.
 *
 * @param desiredAPIVersion `group/version`
 * @throws ConversionError naming the object, the step, the path and the reason
 */
export function convertObject(
  chain: Chain,
  object: unknown,
  desiredAPIVersion: string,
  { keys = [] }: ConvertOptions = {},
): JsonMap {
  if (!isJsonMap(object)) throw new ConversionError(`expected a ${chain.kind}, found ${typeof object}`);
  const to = indexOf(chain, desiredAPIVersion, object);
  const from = indexOf(chain, ownJsonField(object, "apiVersion"), object);
  if (object["kind"] !== chain.kind) {
    throw new ConversionError(`${nameConvertedObject(object)}: expected kind ${chain.kind} of ${chain.group}`);
  }
  const metadata = ownJsonField(object, "metadata");
  // The API server refuses an answer without metadata, and sends objects without it for server-side apply.
  let given = isJsonMap(metadata) ? metadata : {};
  if (from === to) return given === metadata ? object : { ...object, metadata: given };
  const [namespace, name] = [ownJsonField(given, "namespace"), ownJsonField(given, "name")];
  const keeper = makeSealer(keys, { group: chain.group, kind: chain.kind, namespace, name });
  // Kubernetes' own fields go along: no move can name them.
  let current: JsonMap = object;
  const direction = from < to ? 1 : -1;
  for (let at = from; at !== to; at += direction) {
    try {
      [current, given] = convertStep(chain, at, direction, current, given, keeper);
    } catch (error) {
      if (!(error instanceof MoveError)) throw error;
      const where = `${nameConvertedObject(object)}: ${chain.versions[at]}→${chain.versions[at + direction]}`;
      throw new ConversionError(`${where}: ${error.message}`, `${where}: ${error.path}`);
    }
  }
  return { ...current, apiVersion: desiredAPIVersion, metadata: given };
}

/** From `versions[at]` to its neighbour: the object, and its metadata with what the neighbour cannot hold. */
function convertStep(
  { group, versions, steps }: Chain,
  at: number,
  direction: 1 | -1,
  current: JsonMap,
  metadata: JsonMap,
  keeper: ReturnType<typeof makeSealer>,
): [JsonMap, JsonMap] {
  const step = steps[Math.min(at, at + direction)] as Scope;
  const [mine, theirs] = [at, at + direction].map((each) => stashAnnotationOf(group, versions[each] as string)) as [
    string,
    string,
  ];
  const [kept, returning] = [readStashAnnotation(metadata, mine), readStashAnnotation(metadata, theirs)];
  const { output, stash } = carry(direction > 0 ? step.up : step.down, current, returning, keeper);
  const changes = new Map<string, Stash | undefined>();
  // Ours is written anew, stale or not; theirs is used up, but for what is no stash of ours. What is sealed waits for its key.
  const left = stashWithWaiting(stash, waitingInStash(kept));
  if (left !== undefined || kept !== undefined) changes.set(mine, left);
  if (returning !== undefined) changes.set(theirs, waitingInStash(returning, keeper.unopened));
  return [output, withStashAnnotations(metadata, changes)];
}

function indexOf(chain: Chain, apiVersion: unknown, object: JsonMap): number {
  const index = chain.versions.findIndex((version) => `${chain.group}/${version}` === apiVersion);
  if (index >= 0) return index;
  const known = chain.versions.map((version) => `${chain.group}/${version}`).join(", ");
  throw new ConversionError(
    `${nameConvertedObject(object)}: no conversion for ${String(apiVersion)}; expected one of ${known}`,
  );
}

export function nameConvertedObject(object: unknown): string {
  if (!isJsonMap(object)) return "an object";
  const metadata = ownJsonField(object, "metadata");
  const of = (field: string): string | undefined => {
    const value = isJsonMap(metadata) ? ownJsonField(metadata, field) : undefined;
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const namespace = of("namespace");
  const name = of("name") ?? (of("generateName") ? `${of("generateName")}*` : "(no name)");
  return `${String(ownJsonField(object, "kind"))} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}
