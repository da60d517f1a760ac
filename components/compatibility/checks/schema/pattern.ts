import type { NodeCheck } from "../../check";
import { describeChange } from "../../describeValue";

export const patternChanged: NodeCheck = {
  id: "pattern-changed",
  severity: "error",
  explain:
    "`pattern` is new or another one. Which of two patterns takes more is not worked out; a pattern that is gone is no finding.",
  why: "Clients that send what it does not match are refused, and so is the next write of each object that has such a value.",
  fix: "Keep the old pattern; if the new one matches all that the old one does, acknowledge the finding.",
  keywords: ["pattern"],
  concerns: "clients",
  compare: ({ old, next }) => {
    const [before, after] = [old["pattern"] || undefined, next["pattern"] || undefined];
    return after === undefined || before === after ? [] : [{ what: describeChange("pattern", before, after) }];
  },
};
