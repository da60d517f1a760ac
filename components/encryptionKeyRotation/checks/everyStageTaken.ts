import { bounded } from "../configuration/bounded";
import { simulated, type Stage } from "../stages";
import type { Rotation } from "./rotation";
import { takenByTheServer } from "./takenByTheServer";

/** Would the API server take the file of every stage? What fails here is chiefly a KMS provider that two entries would need. */
export function everyStageTaken({ live, wanted }: Rotation): string[] {
  let file = live;
  for (const stage of ["distribute", "promote", "retire"] as Stage[]) {
    file = simulated(stage, file, wanted);
    // Keys that are still to be made have no material yet; those of the file were checked when it was read.
    const refused = file === live ? [] : takenByTheServer(file).filter((each) => !each.includes(".secret: "));
    if (refused.length > 0)
      return [`the file that ${stage} would write is one that the API server refuses:${bounded(refused)}`];
  }
  return [];
}
