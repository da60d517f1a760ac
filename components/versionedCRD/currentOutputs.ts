import { storageVersion, type Definition } from "../crd/definition";
import type { PhaseOutputs } from "./inputs";

/** Where the definition stands, as every phase records it. */
export function currentOutputs(live: Definition): Omit<PhaseOutputs, "plan"> {
  return { storageVersion: storageVersion(live), storedVersions: live.status?.storedVersions ?? [] };
}
