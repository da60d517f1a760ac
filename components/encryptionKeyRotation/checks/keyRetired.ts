import type { Removal } from "../../provider/acknowledgedRemoval";
import type { RetireInputs } from "../inputs";

/** What retire takes away, and what the user has said of it. Where they ask for it, no key goes that they have not named. */
export function keyRetired({
  rotation,
  acknowledge,
  requireAcknowledgement,
}: Pick<RetireInputs, "rotation" | "acknowledge" | "requireAcknowledgement">): Removal {
  return {
    subject: rotation,
    phase: "retire",
    check: "key-retired",
    checks: ["key-retired"],
    acknowledge,
    isRequired: requireAcknowledgement === true,
    why: "no API server reads anything under a retired key, such as objects of a restored backup of etcd",
  };
}
