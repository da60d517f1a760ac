import { olderStoredOfFacts, type CrdFacts } from "../facts";
import type { Finding, Question } from "../finding";
import { howToMigrate } from "./howToMigrate";

/** The release that drops such a version is refused, also where no object is left. */
export function storedVersionsPruned(facts: CrdFacts, question: Question): Finding[] {
  const older = olderStoredOfFacts(facts);
  if (older.length === 0) return [];
  const { objects, storedVersions, storage } = facts;
  const versions = older.join(", ");
  const isEmpty = objects.state === "counted" && objects.count === 0;
  return [
    {
      verdict: "migrate",
      problem: {
        what: `status.storedVersions is [${storedVersions.join(", ")}], and ${storage} is the storage version`,
        expected: `[${storage}]`,
        why: isEmpty
          ? `there is no object to rewrite, but a release that drops ${versions} is refused as long as storedVersions names it`
          : `objects may be stored in ${versions}, and a release that drops it is refused`,
        next: howToMigrate(facts, question),
      },
    },
  ];
}
