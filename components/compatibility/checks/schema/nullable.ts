import type { NodeCheck } from "../../check";
import { describeChange } from "../../describeValue";

export const nullableRemoved: NodeCheck = {
  id: "nullable-removed",
  severity: "error",
  explain: "`nullable` is turned off.",
  why: "A null is refused, or replaced by the default if there is one: in what clients send and in what is stored.",
  fix: "Keep nullable, or turn it off in a new version with a conversion webhook that maps null to something.",
  keywords: ["nullable"],
  concerns: "clients",
  compare: ({ old, next }) =>
    old["nullable"] === true && next["nullable"] !== true ? [{ what: describeChange("nullable", true, false) }] : [],
};

export const nullableAdded: NodeCheck = {
  id: "nullable-added",
  severity: "warning",
  explain: "`nullable` is turned on.",
  why: "No write is refused, but a client may meet a null where it always found a value or nothing, and with a default a null is now kept.",
  fix: "Make sure that clients treat null as absent before anybody writes one.",
  keywords: ["nullable"],
  concerns: "clients",
  compare: ({ old, next }) =>
    next["nullable"] === true && old["nullable"] !== true ? [{ what: describeChange("nullable", false, true) }] : [],
};
