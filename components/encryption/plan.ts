import type { EncryptionConfiguration } from "./configuration";
import type { Wanted } from "./wanted";

/** What planMigrate needs that no file holds. */
export interface MigrateFacts {
  /** The resources in the cluster that the rotation reaches (`secrets`, `databases.example.com`): listed, and isOurs. */
  resources: readonly string[];
  /** Those of them with a proof that is valid for the live file and for exactly the wanted write key. */
  proven: readonly string[];
  /** Who rewrites, as words: `directly`, `by a StorageVersionMigration (storagemigration.k8s.io/v1), then by our own pass`. */
  how: string;
}

/** Each takes the live file and simulates the stages before it, so a preview's plan is that of `up`; [] = nothing to do. */
export function planDistribute(live: EncryptionConfiguration, wanted: Wanted): string[] {
  throw new Error(`not yet: ${live.entries.length} ${wanted.resources.join()}`);
}

export function planPromote(live: EncryptionConfiguration, wanted: Wanted): string[] {
  throw new Error(`not yet: ${live.entries.length} ${wanted.resources.join()}`);
}

export function planMigrate(live: EncryptionConfiguration, wanted: Wanted, facts: MigrateFacts): string[] {
  throw new Error(`not yet: ${live.entries.length} ${wanted.resources.join()} ${facts.how}`);
}

export function planRetire(live: EncryptionConfiguration, wanted: Wanted): string[] {
  throw new Error(`not yet: ${live.entries.length} ${wanted.resources.join()}`);
}
