import type { Definition } from "../definition";
import { mayNotPrune } from "./mayNotPrune";
import { oneOwner } from "./oneOwner";
import { storageStaysServed } from "./storageStaysServed";

/** The checks that need manifest and live definition: reasons not to serve, and things worth reading. */
export function checkServe(manifest: Definition, live: Definition | undefined, owner: string) {
  return {
    problems: [
      ...oneOwner(manifest, live, owner),
      ...storageStaysServed(manifest, live),
      ...mayNotPrune(manifest, live),
    ],
    warnings: [] as string[],
  };
}
