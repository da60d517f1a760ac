import { ownJsonField } from "../../conversion/jsonValue";
import type { Schema } from "../../crd/definition";
import type { KubernetesObject } from "../../kubernetes/api";

/** One operation of a JSON patch. */
interface Operation {
  /** `test` changes nothing: the server refuses the patch where it finds another value. */
  readonly op: "test" | "add";
  readonly path: string;
  /** Tested as null: nothing is there. */
  readonly value: unknown;
}

const NOT_TESTED = ["apiVersion", "kind", "metadata"];

/**
 * Of the metadata, a test of labels and annotations; then one of each field of the object, whole, so that nothing may be added
 * to it either, nor an empty container be lost. One test a value would take a deep object beyond the largest request.
 *
 * A field with null in a list cannot be tested: the API server ends the request without an answer where it compares such a list
 * (gopkg.in/evanphx/json-patch.v4, equal). It is written as it is expected instead, if the object has not moved. Of a status that
 * alone would be no guard: where it is a subresource, the API server keeps its own. What can be tested of it is.
 *
 * @param schema of the version that the object is in: fields that it knows and the object has not must not be there
 */
export function guardOperations(object: KubernetesObject, schema?: Schema): Operation[] {
  const { metadata, ...content } = object;
  const { labels, annotations } = metadata;
  const operations: Operation[] = [
    { op: "test", path: "/metadata/labels", value: orNothing(labels) },
    { op: "test", path: "/metadata/annotations", value: orNothing(annotations) },
  ];
  const names = new Set([...Object.keys(content), ...Object.keys(schema?.properties ?? {})]);
  for (const name of [...names].filter((each) => !NOT_TESTED.includes(each)).sort()) {
    const value = ownJsonField(content, name) ?? null;
    const path = `/${escapePointer(name)}`;
    if (name === "status" || !holdsNullInList(value)) collectTests(value, path, operations);
    if (holdsNullInList(value)) operations.push(unmoved(metadata), { op: "add", path, value });
  }
  return operations;
}

/** The API server shows no empty labels. */
function orNothing(map: Readonly<Record<string, string>> | undefined): unknown {
  return map === undefined || Object.keys(map).length === 0 ? null : map;
}

function unmoved({ resourceVersion }: KubernetesObject["metadata"]): Operation {
  return { op: "test", path: "/metadata/resourceVersion", value: resourceVersion };
}

/** One test, or one of each part that can be tested. */
function collectTests(value: unknown, path: string, operations: Operation[]): void {
  if (!holdsNullInList(value)) {
    operations.push({ op: "test", path, value });
    return;
  }
  for (const [name, inner] of Object.entries(value as object) as [string, unknown][]) {
    if (inner !== null && inner !== undefined) collectTests(inner, `${path}/${escapePointer(name)}`, operations);
  }
}

function holdsNullInList(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const inner: unknown[] = Object.values(value);
  return (Array.isArray(value) && inner.includes(null)) || inner.some(holdsNullInList);
}

/** https://www.rfc-editor.org/rfc/rfc6901#section-3 */
function escapePointer(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
