import type { Definition } from "../../crd/definition";

/**
 * A version that stays in the manifest but is served no longer. The garbage collector finds no owner through it either,
 * and what drop looks for before it takes a version out is not looked for here.
 */
export function unservedVersions(manifest: Definition, live: Definition | undefined): string[] {
  const { group, names } = manifest.spec;
  const isServed = (name: string): boolean =>
    live?.spec.versions.some((version) => version.name === name && version.served) === true;
  return manifest.spec.versions
    .filter(({ name, served }) => !served && isServed(name))
    .map(
      ({ name }) =>
        `${manifest.metadata.name}: ${name} is to be served: false from now on: objects whose ownerReferences name ${group}/${name} ${names.kind} are not looked for, and are not collected with their owner then; take ${name} out of the manifest instead, and drop looks for them first, or look for them yourself`,
    );
}
