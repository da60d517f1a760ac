import {
  checkRemovalAcknowledged,
  leftOverRemovalAcknowledgements,
  unmatchedRemovalAcknowledgements,
} from "../../provider/acknowledgedRemoval";
import { CHECKS_OF_DROP } from "../crdAcknowledgements";
import type { DropInputs } from "../inputs";

type Asked = Pick<DropInputs, "crd" | "acknowledge" | "requireAcknowledgement">;

/** Where the user asks for it, no version goes that they have not named. */
export function versionDropped(
  { crd, acknowledge, requireAcknowledgement }: Asked,
  dropped: readonly string[],
): { problems: string[]; notes: string[] } {
  return checkRemovalAcknowledged({
    subject: crd,
    phase: "drop",
    removed: dropped,
    check: "version-dropped",
    acknowledge,
    isRequired: requireAcknowledgement === true,
    why: "whoever still uses a dropped version gets 404",
  });
}

/** Acknowledgements that name a version which this drop does not remove. */
export function unmatchedVersions({ crd, acknowledge }: Asked, dropped: readonly string[]): string[] {
  return unmatchedRemovalAcknowledgements(
    { subject: crd, phase: "drop", removed: dropped, acknowledge },
    CHECKS_OF_DROP,
  );
}

/** Acknowledgements that speak of a drop where none is to be done. */
export function leftOverDroppedVersions({ crd, acknowledge }: Asked): string[] {
  return leftOverRemovalAcknowledgements({ subject: crd, phase: "drop", acknowledge }, CHECKS_OF_DROP);
}
