import type { Removal } from "../../provider/acknowledgedRemoval";
import { CHECKS_OF_DROP } from "../crdAcknowledgements";
import type { DropInputs } from "../inputs";

/** What drop takes away, and what the user has said of it. Where they ask for it, no version goes that they have not named. */
export function versionDropped({
  crd,
  acknowledge,
  requireAcknowledgement,
}: Pick<DropInputs, "crd" | "acknowledge" | "requireAcknowledgement">): Removal {
  return {
    subject: crd,
    phase: "drop",
    check: "version-dropped",
    checks: CHECKS_OF_DROP,
    acknowledge,
    isRequired: requireAcknowledgement === true,
    why: "whoever still uses a dropped version gets 404",
  };
}
