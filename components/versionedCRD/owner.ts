import type { Definition } from "../crd/definition";
import { OWNER_ANNOTATION } from "../crd/names";

/** Who owns a CRD: `organization/project/stack/component`. */
export function ownerOfDefinition(live: Definition | undefined): string | undefined {
  return live?.metadata.annotations?.[OWNER_ANNOTATION];
}

/** Two components of one stack are the same user's: one may have been renamed. */
export function isOwnerOfSameStack(left: string, right: string): boolean {
  return stackOf(left) === stackOf(right);
}

function stackOf(owner: string): string {
  return owner.split("/").slice(0, 3).join("/");
}
