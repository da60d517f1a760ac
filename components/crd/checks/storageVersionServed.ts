import { describeProblem } from "../../kubernetes/problem";
import type { Definition } from "../definition";

/** The rewrite goes through the storage version's own endpoint, which an unserved version does not have. */
export function storageVersionServed(manifest: Definition): string[] {
  return manifest.spec.versions
    .filter((version) => version.storage && !version.served)
    .map(({ name }) =>
      describeProblem({
        what: `spec.versions: ${name} is storage: true and served: false`,
        expected: "a served storage version",
        next: `set served: true on ${name}`,
      }),
    );
}
