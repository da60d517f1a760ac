import type { Caller } from "../kubernetes/api";
import { hasErrorStatus } from "../kubernetes/errors";
import { type Definition, definitionPath } from "./definition";

/** The live definition, or undefined when there is none. */
export async function readDefinition(cluster: Caller, name: string): Promise<Definition | undefined> {
  try {
    return await cluster.call<Definition>({ method: "GET", path: definitionPath(name) });
  } catch (error) {
    if (hasErrorStatus(error, 404)) return undefined;
    throw error;
  }
}
