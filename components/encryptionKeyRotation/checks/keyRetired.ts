import {
  checkRemovalAcknowledged,
  leftOverRemovalAcknowledgements,
  unmatchedRemovalAcknowledgements,
} from "../../provider/acknowledgedRemoval";
import type { RetireInputs } from "../inputs";

type Asked = Pick<RetireInputs, "rotation" | "acknowledge" | "requireAcknowledgement">;

const CHECK = "key-retired";

/** Where the user asks for it, no key goes that they have not named. */
export function keyRetired(
  { rotation, acknowledge, requireAcknowledgement }: Asked,
  retired: readonly string[],
): { problems: string[]; notes: string[] } {
  return checkRemovalAcknowledged({
    subject: rotation,
    phase: "retire",
    removed: retired,
    check: CHECK,
    acknowledge,
    isRequired: requireAcknowledgement === true,
    why: "no API server reads anything under a retired key, such as objects of a restored backup of etcd",
  });
}

/** Acknowledgements that name a key which this retire does not remove. */
export function unmatchedRetiredKeys({ rotation, acknowledge }: Asked, retired: readonly string[]): string[] {
  return unmatchedRemovalAcknowledgements({ subject: rotation, phase: "retire", removed: retired, acknowledge }, [
    CHECK,
  ]);
}

/** Acknowledgements where no key is to be retired. */
export function leftOverRetiredKeys({ rotation, acknowledge }: Asked): string[] {
  return leftOverRemovalAcknowledgements({ subject: rotation, phase: "retire", acknowledge }, [CHECK]);
}
