import { schemaOfVersion, storageVersion, type Definition, type Schema, type Version } from "../../crd/definition";
import { canonicalText } from "../../crd/canonical";
import { boundedList } from "../../kubernetes/problem";

const SHOWN = 10;

/**
 * What the new storage version asks of objects, or no longer offers, that the present one does not: worth reading before the
 * rehearsal looks at each object. The API server lets old objects pass where the value did not change (ratcheting), so the
 * rewrite may work and the next edit by a person not.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-ratcheting
 */
export function schemaTightened(manifest: Definition, live: Definition | undefined): string[] {
  const to = manifest.spec.versions.find(({ storage }) => storage);
  const from = live?.spec.versions.find(({ storage }) => storage);
  if (live === undefined || from === undefined || to === undefined || from.name === to.name) return [];
  const found = [...lostSubresources(from, to), ...tightenedSchema(schemaOfVersion(from), schemaOfVersion(to), "")];
  if (found.length === 0) return [];
  return [
    `${manifest.metadata.name}: ${to.name} asks for more than ${storageVersion(live)}: ${boundedList(found, SHOWN, "; ")}; the rehearsal tells which objects it meets`,
  ];
}

function lostSubresources(from: Version, to: Version): string[] {
  const [before, after] = [from, to].map(({ subresources }) => (subresources ?? {}) as Record<string, unknown>);
  return ["status", "scale"]
    .filter((name) => before?.[name] != null && after?.[name] == null)
    .map((name) => `subresource ${name} is lost, and its clients get 404`);
}

/** Both schemas have the field; what is pruned or of another type is for other checks. */
function tightenedSchema(from: Schema, to: Schema, path: string): string[] {
  const here = path === "" ? "." : path;
  return [
    ...missingEnumValues(from, to).map((values) => `${here} no longer allows ${values}`),
    ...newlyRequired(from, to).map((name) => `${path}.${name} is required and has no default`),
    ...(takesBoth(from) && !takesBoth(to) && to.type !== undefined ? [`${here} takes only ${to.type}`] : []),
    ...(from["nullable"] === true && to["nullable"] !== true ? [`${here} may no longer be null`] : []),
    ...changedListType(from, to).map((change) => `${here} ${change}`),
    ...tightenedBelow(from, to, path),
  ];
}

function tightenedBelow(from: Schema, to: Schema, path: string): string[] {
  const fields = Object.entries(from.properties ?? {}).flatMap(([name, child]) => {
    const peer = to.properties?.[name];
    return peer === undefined ? [] : tightenedSchema(child, peer, `${path}.${name}`);
  });
  const items =
    from.items !== undefined && to.items !== undefined ? tightenedSchema(from.items, to.items, `${path}[]`) : [];
  const [values, peer] = [from.additionalProperties, to.additionalProperties];
  const free = typeof values === "object" && typeof peer === "object" ? tightenedSchema(values, peer, `${path}.*`) : [];
  return [...fields, ...items, ...free];
}

function takesBoth(schema: Schema): boolean {
  return schema["x-kubernetes-int-or-string"] === true;
}

function missingEnumValues(from: Schema, to: Schema): string[] {
  const wanted = to["enum"];
  if (!Array.isArray(wanted)) return [];
  const allowed = wanted.map(canonicalText);
  const known = from["enum"];
  if (!Array.isArray(known)) return [`anything but ${wanted.map((value) => JSON.stringify(value)).join(", ")}`];
  const gone = known.filter((value) => !allowed.includes(canonicalText(value)));
  return gone.length === 0 ? [] : [gone.map((value) => JSON.stringify(value)).join(", ")];
}

function newlyRequired(from: Schema, to: Schema): string[] {
  const before = (from["required"] ?? []) as string[];
  const after = (to["required"] ?? []) as string[];
  return after.filter((name) => !before.includes(name) && to.properties?.[name]?.["default"] === undefined);
}

/** How a list merges and what makes its items one: server-side apply and uniqueness hang on both. */
function changedListType(from: Schema, to: Schema): string[] {
  const keys = ["x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type"];
  return keys
    .filter((key) => to[key] !== undefined && canonicalText(from[key] ?? null) !== canonicalText(to[key]))
    .map((key) => `has another ${key} (${JSON.stringify(from[key] ?? "none")} → ${JSON.stringify(to[key])})`);
}
