import { TerminalError, whatOfError } from "../../kubernetes/errors";
import type { PhaseWork } from "../../provider/phaseLogic";
import type { LastLook, OpenTarget } from "../targets";

/** Right before a target is written: this run goes on, and its lock is its own. */
export function mayWriteUnder({ signal, lock }: Pick<PhaseWork, "signal" | "lock">): LastLook {
  return async () => {
    signal.throwIfAborted();
    await lock.assertHeld();
    signal.throwIfAborted();
  };
}

/**
 * What an API server has refused is taken back also where the lock ran out and where nobody answers: the refused file may be why. It
 * stays where another run took the lock since.
 */
export function mayTakeBackUnder({ lock }: Pick<PhaseWork, "lock">): LastLook {
  return () => lock.assertNotTaken();
}

/**
 * Right after the targets were written: what no look before it can see. A run that stood still in the very write may have put its text
 * over that of another one, and must not go on from there.
 */
export async function assertNotOvertaken(
  { lock }: Pick<PhaseWork, "lock">,
  targets: readonly Pick<OpenTarget, "name">[],
): Promise<void> {
  try {
    await lock.assertNotTaken();
  } catch (error) {
    throw new TerminalError({
      what: `${whatOfError(error)}; it had just written ${targets.map(({ name }) => name).join(", ")}, perhaps over the file of another one`,
      expected: "one rotation at a time",
      why: "keys that only the other file held are in none any more; API servers that have loaded it still read with them, until they load this one",
      next: "restart no API server; see whose rotation ran meanwhile, and put the keys of its list that are not in the file back into it: `pulumi stack export --show-secrets` of its stack shows their bytes",
    });
  }
}
