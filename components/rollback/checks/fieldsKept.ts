import { boundedProblemItems, type Problem } from "../../kubernetes/problem";
import { describeObjectsOfRollbackFacts, type RollbackFacts } from "../facts";
import { describeLostField, type LostFields } from "../lostFields";

const SHOWN = 10;

/** What an object has is not to be deleted by going back. */
export function fieldsKept(facts: RollbackFacts, lost: readonly LostFields[]): Problem[] {
  return lost.filter(({ blocks }) => blocks).map((each) => describe(facts, each));
}

function describe({ live, to }: RollbackFacts, { version, fields, read }: LostFields): Problem {
  return {
    what: `${live.metadata.name}: conversion is None, and ${to}'s schema does not hold what objects stored as ${version} may have (${describeObjectsOfRollbackFacts(read)})`,
    items: boundedProblemItems(fields.slice(0, SHOWN).map(describeLostField), fields.length),
    expected: `every field that an object has, in ${to} as well`,
    why: `once ${to} is the storage version, each write of such an object deletes them`,
    next: `add them to ${to} in the manifest, or give a conversion webhook that keeps them, or take them out of the objects; then run this command again`,
  };
}
