import { describeProblem } from "../../kubernetes/problem";
import type { Definition } from "../definition";

/** Of two entries with one name, it would be chance which schema the objects get. */
export function versionNamesUnique(manifest: Definition): string[] {
  const names = manifest.spec.versions.map((version) => version.name);
  const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].sort();
  return twice.map((name) =>
    describeProblem({
      what: `spec.versions: ${name} stands there more than once`,
      expected: "each name once",
      next: "remove one of them",
    }),
  );
}
