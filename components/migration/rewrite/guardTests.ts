import { ownJsonField } from "../../conversion/jsonValue";
import type { Schema } from "../../crd/definition";
import type { KubernetesObject } from "../../kubernetes/api";

/** One operation of a JSON patch that changes nothing: the server refuses the patch where it finds another value. */
interface ValueTest {
  readonly op: "test";
  readonly path: string;
  /** null: nothing is there. */
  readonly value: unknown;
}

/** The API server takes 10,000 operations in one patch (endpoints/handlers/patch.go, maxJSONPatchOperations). */
const MOST_TESTS = 10_000;
const NOT_TESTED = ["apiVersion", "kind", "metadata"];

/**
 * Of the metadata, a test of labels and annotations; then one of each field of the object, whole, so that nothing may be added
 * to it either, nor an empty container be lost. One test a value would take a deep object beyond the largest request.
 *
 * @param schema of the version that the object is in: fields that it knows and the object has not must not be there
 */
export function guardTests(object: KubernetesObject, schema?: Schema): ValueTest[] {
  const { metadata, ...content } = object;
  const { labels, annotations } = metadata;
  const tests: ValueTest[] = [
    { op: "test", path: "/metadata/labels", value: orNothing(labels) },
    { op: "test", path: "/metadata/annotations", value: orNothing(annotations) },
  ];
  const names = new Set([...Object.keys(content), ...Object.keys(schema?.properties ?? {})]);
  for (const name of [...names].filter((each) => !NOT_TESTED.includes(each)).sort()) {
    collectGuardTests(ownJsonField(content, name) ?? null, `/${escapePointer(name)}`, tests);
  }
  return tests.slice(0, MOST_TESTS);
}

/** The API server shows no empty labels. */
function orNothing(map: Readonly<Record<string, string>> | undefined): unknown {
  return map === undefined || Object.keys(map).length === 0 ? null : map;
}

function collectGuardTests(value: unknown, path: string, tests: ValueTest[]): void {
  if (!isContainer(value) || !holdsNullInList(value)) {
    tests.push({ op: "test", path, value });
    return;
  }
  for (const [name, inner] of Object.entries(value) as [string, unknown][]) {
    if (inner !== null && inner !== undefined) collectGuardTests(inner, `${path}/${escapePointer(name)}`, tests);
  }
}

/** The API server ends the request without an answer where it compares such a list (gopkg.in/evanphx/json-patch.v4, equal). */
function holdsNullInList(value: object): boolean {
  const inner: unknown[] = Object.values(value);
  return (
    (Array.isArray(value) && inner.includes(null)) || inner.some((each) => isContainer(each) && holdsNullInList(each))
  );
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** https://www.rfc-editor.org/rfc/rfc6901#section-3 */
function escapePointer(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
