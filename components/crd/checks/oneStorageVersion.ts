import { describeProblem } from "../../kubernetes/problem";
import type { Definition } from "../definition";

/** The storage version is where every rewrite lands: with none or two there is no target. */
export function oneStorageVersion(manifest: Definition): string[] {
  const stored = manifest.spec.versions.filter((version) => version.storage).map((version) => version.name);
  if (stored.length === 1) return [];
  const found = stored.length === 0 ? "no version has storage: true" : `${stored.join(", ")} have storage: true`;
  const names = manifest.spec.versions.map((version) => version.name).join(", ");
  return [
    describeProblem({
      what: `spec.versions: ${found}`,
      expected: "exactly one storage version",
      next:
        stored.length === 0
          ? `set storage: true on one of ${names || "(none)"}`
          : `set storage: false on all but one of ${stored.join(", ")}`,
    }),
  ];
}
