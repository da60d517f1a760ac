import type { NodeCheck } from "../../check";
import { describeChange, readNumberValue } from "../../describeValue";

export const multipleOfChanged: NodeCheck = {
  id: "multiple-of-changed",
  severity: "error",
  explain: "`multipleOf` is new, or the old step is no multiple of the new one.",
  why: "Clients that send a value between the steps are refused, and so is the next write of each object that has one.",
  fix: "Keep the old step, or change it in a new version with a conversion webhook.",
  keywords: ["multipleOf"],
  concerns: "clients",
  compare: ({ old, next }) => {
    const [before, after] = [readNumberValue(old["multipleOf"]), readNumberValue(next["multipleOf"])];
    if (after === undefined || (before !== undefined && Number.isInteger(before / after))) return [];
    return [{ what: describeChange("multipleOf", before, after) }];
  },
};
