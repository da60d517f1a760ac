import type { Definition } from "../definition";
import { isCrd } from "./isCrd";
import { oneStorageVersion } from "./oneStorageVersion";
import { storageVersionServed } from "./storageVersionServed";
import { versionNamesUnique } from "./versionNamesUnique";
import { versionNamesValid } from "./versionNamesValid";
import { versionShape } from "./versionShape";

const ofADefinition: ((manifest: Definition) => string[])[] = [
  versionShape,
  versionNamesUnique,
  versionNamesValid,
  oneStorageVersion,
  storageVersionServed,
];

/** What makes it a CRD that can be read: all that is asked of one that is history. */
export function checkManifestShape(manifest: unknown): string[] {
  const shape = isCrd(manifest);
  return shape.length > 0 ? shape : versionShape(manifest as Definition);
}

/** Every check that needs the manifest alone; the sentences name what was found, what was expected and the next step. */
export function checkManifest(manifest: unknown): string[] {
  const shape = isCrd(manifest);
  return shape.length > 0 ? shape : ofADefinition.flatMap((check) => check(manifest as Definition));
}
