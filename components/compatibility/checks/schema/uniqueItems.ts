import type { NodeCheck } from "../../check";
import { describeChange } from "../../describeValue";

export const uniqueItemsAdded: NodeCheck = {
  id: "unique-items-added",
  severity: "error",
  explain: "`uniqueItems` is turned on.",
  why: "Clients that send a list with equal items are refused, and so is the next write of each object that has one.",
  fix: "Leave it off, or turn it on in a new version with a conversion webhook.",
  keywords: ["uniqueItems"],
  concerns: "clients",
  compare: ({ old, next }) =>
    next["uniqueItems"] === true && old["uniqueItems"] !== true
      ? [{ what: describeChange("uniqueItems", false, true) }]
      : [],
};
