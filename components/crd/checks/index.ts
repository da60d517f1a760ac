import { isCrd } from "./isCrd";
import { storageVersionServed } from "./storageVersionServed";
import { oneStorageVersion } from "./oneStorageVersion";
import { versionNamesUnique } from "./versionNamesUnique";
import { versionShape } from "./versionShape";
import type { Definition } from "../definition";

const ofADefinition: ((manifest: Definition) => string[])[] = [
  versionShape,
  versionNamesUnique,
  oneStorageVersion,
  storageVersionServed,
];

/** Every check that needs the manifest alone; the sentences name what was found, what was expected and the next step. */
export function checkManifest(manifest: unknown): string[] {
  const shape = isCrd(manifest);
  return shape.length > 0 ? shape : ofADefinition.flatMap((check) => check(manifest as Definition));
}
