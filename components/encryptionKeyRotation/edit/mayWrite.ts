import type { PhaseWork } from "../../provider/phaseLogic";
import type { LastLook } from "../targets";

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
