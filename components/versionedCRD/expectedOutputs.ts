import { storageVersion, type Definition } from "../crd/definition";
import type { PhaseOutputs } from "./inputs";

/**
 * Where a phase will leave the definition, as far as preview knows it: the same before and after the earlier phases ran, as a
 * plan is. storedVersions only where no phase changes them.
 *
 * @param storage the storage version after the phase
 */
export function expectedOutputs(live: Definition | undefined, storage: string): Partial<PhaseOutputs> {
  const stored = live === undefined ? [storage] : (live.status?.storedVersions ?? []);
  const stays = stored.join() === storage && (live === undefined || storageVersion(live) === storage);
  return { storageVersion: storage, ...(stays && { storedVersions: stored }) };
}

/** Of a phase that runs before storage flips. */
export function expectedBeforeStore(live: Definition | undefined, storage: string): Partial<PhaseOutputs> {
  return expectedOutputs(live, live === undefined ? storage : storageVersion(live));
}
