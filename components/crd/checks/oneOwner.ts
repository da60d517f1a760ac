import type { Definition } from "../definition";
import { OWNER_ANNOTATION } from "../names";

/** Two programs that move one CRD would undo each other's phases. */
export function oneOwner(manifest: Definition, live: Definition | undefined, owner: string): string[] {
  const found = live?.metadata.annotations?.[OWNER_ANNOTATION];
  if (found === undefined || found === owner) return [];
  const name = manifest.metadata.name;
  return [
    `${name}: belongs to ${found} (annotation ${OWNER_ANNOTATION}); expected ${owner} or no owner; remove it from the other program, or hand it over with \`kubectl annotate crd ${name} ${OWNER_ANNOTATION}-\``,
  ];
}
