import { boundedList } from "../configuration/bounded";
import { simulateStages, type Stage } from "../stages";
import { acceptedByApiServer } from "./acceptedByApiServer";
import type { Rotation } from "./rotation";

/** Would the API server take the file of every stage? What fails here is chiefly a KMS provider that two entries would need. */
export function everyStageAccepted({ live, desired }: Rotation): string[] {
  let file = live;
  for (const stage of ["distribute", "promote", "retire"] as Stage[]) {
    file = simulateStages(stage, file, desired);
    // Keys that are still to be made have no material yet; those of the file were checked when it was read.
    const refused = file === live ? [] : acceptedByApiServer(file).filter((each) => !each.includes(".secret: "));
    if (refused.length > 0)
      return [`the file that ${stage} would write is one that the API server refuses:${boundedList(refused)}`];
  }
  return [];
}
