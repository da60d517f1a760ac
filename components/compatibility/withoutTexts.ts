import type { Schema } from "../crd/definition";

/** Words for people, which the API server and clients pass over. */
export const TEXTS: readonly string[] = ["description", "title", "example", "externalDocs"];

/** The schema without them; a field that is called `title` stays. */
export function withoutTexts(schema: Schema): Schema {
  const { properties, items, additionalProperties, ...rest } = schema;
  const own = Object.fromEntries(Object.entries(rest).filter(([key]) => !TEXTS.includes(key)));
  const fields = Object.entries(properties ?? {}).map(([name, field]) => [name, withoutTexts(field)] as const);
  return {
    ...own,
    ...(properties !== undefined && { properties: Object.fromEntries(fields) }),
    ...(items !== undefined && { items: withoutTexts(items) }),
    ...(additionalProperties !== undefined && {
      additionalProperties:
        typeof additionalProperties === "object" ? withoutTexts(additionalProperties) : additionalProperties,
    }),
  };
}
