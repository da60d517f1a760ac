import type { Definition } from "../crd/definition";
import { FIELD_MANAGER } from "../crd/names";

/**
 * What of the live definition our field manager applied, with its live values.
 *
 * Comparing with this instead of the whole object leaves what others own alone: a caBundle that cert-manager injected, a
 * default the API server filled in. https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export function fieldsWeOwn(live: Definition): Partial<Definition> {
  const entry = live.metadata.managedFields?.find(
    ({ manager, operation, subresource }) =>
      manager === FIELD_MANAGER && operation === "Apply" && (subresource ?? "") === "",
  );
  return pick(live, entry?.fieldsV1 ?? {});
}

type Fields = Record<string, unknown>;

function pick(value: object, fields: Fields): Fields {
  const picked: Fields = {};
  for (const [key, below] of Object.entries(fields)) {
    const name = key.slice(2);
    const child = (value as Fields)[name];
    if (!key.startsWith("f:") || child === undefined) continue;
    picked[name] = isWhole(below) || Array.isArray(child) ? child : pick(child as object, below as Fields);
  }
  return picked;
}

/** `{}` or `{".": {}}`: the field as a whole, as for scalars and atomic lists such as spec.versions. */
function isWhole(below: unknown): boolean {
  return typeof below !== "object" || below === null || Object.keys(below).every((key) => key === ".");
}

/** True once some of the definition is ours: before, there is no intent to go on from. */
export function hasFieldsWeOwn(live: Definition): boolean {
  return fieldsWeOwn(live).spec?.versions !== undefined;
}
