import type { Json, JsonObject } from "./resources";

/** What the server adds: no input of anyone's. */
const OF_THE_SERVER = ["creationTimestamp", "generation", "managedFields", "resourceVersion", "uid", "selfLink"];

/** The inputs that `pulumi import` would write down for a live object. */
export function inputsOf(live: JsonObject): JsonObject {
  const { status: _status, ...rest } = live;
  const metadata = Object.entries((live["metadata"] ?? {}) as JsonObject);
  return { ...rest, metadata: Object.fromEntries(metadata.filter(([key]) => !OF_THE_SERVER.includes(key))) };
}

/**
 * Top-level-first paths that differ between the last live state, pruned to the shape of the old inputs, and the new
 * inputs: drift shows only where the program has a say.
 * https://github.com/pulumi/pulumi-kubernetes/blob/master/provider/pkg/provider/provider.go, Diff
 */
export function changedPaths(live: JsonObject, oldInputs: JsonObject, news: JsonObject): string[] {
  return differences(pruned(live, oldInputs), news, "");
}

/** The name or the namespace is another one: that is another object. Anything else is updated, an apiVersion too. */
export function replacingPaths(paths: string[]): string[] {
  return paths.filter((path) => ["metadata.name", "metadata.namespace", "kind"].includes(path));
}

function pruned(live: Json | undefined, shape: Json | undefined): Json | undefined {
  if (Array.isArray(live) && Array.isArray(shape)) {
    return live.map((item, index) => (index < shape.length ? (pruned(item, shape[index]) ?? null) : item));
  }
  if (!isObject(live) || !isObject(shape)) return live;
  const kept = Object.keys(shape).filter((key) => key in live);
  return Object.fromEntries(kept.map((key) => [key, pruned(live[key], shape[key]) ?? null]));
}

function differences(olds: Json | undefined, news: Json | undefined, path: string): string[] {
  if (isObject(olds) && isObject(news)) {
    const keys = [...new Set([...Object.keys(olds), ...Object.keys(news)])].sort();
    return keys.flatMap((key) => differences(olds[key], news[key], path === "" ? key : `${path}.${key}`));
  }
  if (Array.isArray(olds) && Array.isArray(news) && olds.length === news.length) {
    return olds.flatMap((item, index) => differences(item, news[index], `${path}[${index}]`));
  }
  return (olds ?? null) === (news ?? null) || JSON.stringify(olds) === JSON.stringify(news) ? [] : [path];
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
