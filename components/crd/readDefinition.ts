import type { Caller } from "../kubernetes/api";
import { hasErrorStatus } from "../kubernetes/errors";
import { type Definition, definitionPath, DEFINITIONS_PATH } from "./definition";

/** The live definition, or undefined when there is none. */
export async function readDefinition(cluster: Caller, name: string): Promise<Definition | undefined> {
  try {
    return await cluster.call<Definition>({ method: "GET", path: definitionPath(name) });
  } catch (error) {
    if (hasErrorStatus(error, 404)) return undefined;
    throw error;
  }
}

/** The same by a list, for whoever may list everything and get nothing. */
export async function readDefinitionByList(cluster: Caller, name: string): Promise<Definition | undefined> {
  const query = { fieldSelector: `metadata.name=${name}` };
  const { items } = await cluster.call<{ items: Definition[] | null }>({
    method: "GET",
    path: DEFINITIONS_PATH,
    query,
  });
  return items?.[0];
}
