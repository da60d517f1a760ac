import type { NodeCheck } from "../../check";
import { describeChange } from "../../describeValue";

export const uniqueItemsAdded: NodeCheck = {
  id: "unique-items-added",
  severity: "error",
  explain: "`uniqueItems` is turned on.",
  why: "The API server takes no CRD with uniqueItems: true, in no version.",
  fix: "Leave it off. In a new version `x-kubernetes-list-type: set` does the same.",
  keywords: ["uniqueItems"],
  concerns: "clients",
  compare: ({ old, next }) =>
    next["uniqueItems"] === true && old["uniqueItems"] !== true
      ? [{ what: describeChange("uniqueItems", false, true) }]
      : [],
};
