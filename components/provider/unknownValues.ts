/** https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/runtime/rpc.ts, unknownValue */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Where in the inputs the engine's stand-in for a value stands that preview does not know, e.g. `manifest.spec.conversion`. */
export function unknownPaths(value: unknown, path = ""): string[] {
  if (value === UNKNOWN) return [path];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => unknownPaths(child, path === "" ? key : `${path}.${key}`));
}

/** True when each unknown is one of these inputs, or a part of one. */
export function areUnknownWithin(paths: readonly string[], inputs: readonly string[]): boolean {
  return paths.every((path) => inputs.some((input) => path === input || path.startsWith(`${input}.`)));
}

/** Stands in sentences for what preview does not know. */
export const NOT_KNOWN = "(not known yet)";

/** The same with words in place of each unknown, for sentences. */
export function withUnknownInWords<T>(value: T): T {
  if (value === UNKNOWN) return NOT_KNOWN as T;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => withUnknownInWords(item)) as T;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, withUnknownInWords(child)])) as T;
}
