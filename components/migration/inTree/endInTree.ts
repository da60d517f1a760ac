import type { Cluster } from "../../kubernetes/cluster";
import { discoverStorageMigrationVersion } from "../../kubernetes/discovery";
import {
  classifyMigrations,
  isTerminalMigration,
  type MigrationSubject,
  StorageVersionMigrations,
} from "./storageVersionMigration";

/**
 * Takes back what was asked of kube-controller-manager for this subject, where it has not ended. It may go on with the objects that it
 * is at; at its end it no longer prunes status.storedVersions, which tells of objects that were stored in between.
 *
 * @throws where the cluster does not answer
 */
export async function endInTree(cluster: Cluster, subject: MigrationSubject, signal: AbortSignal): Promise<void> {
  const version = await discoverStorageMigrationVersion(cluster);
  if (version === undefined) return;
  const api = new StorageVersionMigrations(cluster, version, signal);
  const { current } = classifyMigrations(await api.list(), subject);
  if (current !== undefined && !isTerminalMigration(current)) await api.delete(current.metadata.name);
}
