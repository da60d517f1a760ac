import type { Definition } from "../../crd/definition";
import { OWNER_ANNOTATION } from "../../crd/names";
import { describeProblem } from "../../kubernetes/problem";
import { ownerOfDefinition, isOwnerOfSameStack } from "../owner";

/**
 * Two programs that move one CRD would undo each other's phases.
 *
 * @param formerOwner who this very state says owned it: it was moved here, or its stack was renamed
 */
export function oneOwner(
  manifest: Definition,
  live: Definition | undefined,
  owner: string,
  formerOwner?: string,
): string[] {
  const found = ownerOfDefinition(live);
  if (found === undefined || isOwnerOfSameStack(found, owner) || found === formerOwner) return [];
  const name = manifest.metadata.name;
  return [
    describeProblem({
      what: `${name}: belongs to ${found} (annotation ${OWNER_ANNOTATION})`,
      expected: `${owner} or no owner`,
      next: `remove it from the other program, or hand it over with \`kubectl annotate crd ${name} ${OWNER_ANNOTATION}-\``,
    }),
  ];
}
