import { type Definition, definitionPath } from "../crd/definition";
import { FIELD_MANAGER } from "../crd/names";
import { PatchType } from "../kubernetes/api";
import type { Cluster } from "../kubernetes/cluster";
import { hasErrorStatus } from "../kubernetes/errors";
import { sleep } from "../kubernetes/sleep";

const TRIES = 10;

/**
 * Makes status.storedVersions name at least these versions, and makes us an owner of the field.
 *
 * Both are needed around a StorageVersionMigration. The runner of 1.36 and 1.37 applies the CRD's status as a field manager
 * of its own; once it owned storedVersions, its next migration begins by applying a status without them, and what nobody
 * else owns is removed, then defaulted to the new version alone. And at its end it prunes them to the storage version, after
 * a failure too (kubernetes pkg/controller/storageversionmigrator/migrationrunner.go, markAsActive, finishCRDMigration).
 *
 * @returns the versions named now
 */
export async function keepStoredVersions(
  cluster: Cluster,
  name: string,
  atLeast: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const path = definitionPath(name);
  for (let tried = 1; ; tried++) {
    const live = await cluster.call<Definition>({ method: "GET", path, signal });
    const versions = unionOfVersions(
      live.status?.storedVersions ?? [],
      atLeast.filter((version) => isDefined(live, version)),
    );
    try {
      const applied = await cluster.call<Definition>({
        method: "PATCH",
        path: `${path}/status`,
        query: { fieldManager: `${FIELD_MANAGER}-stored-versions`, force: true },
        contentType: PatchType.apply,
        body: {
          apiVersion: "apiextensions.k8s.io/v1",
          kind: "CustomResourceDefinition",
          // A version that another writer adds meanwhile must not be lost.
          metadata: { name, resourceVersion: live.metadata.resourceVersion },
          status: { storedVersions: versions },
        },
        signal,
      });
      return applied.status?.storedVersions ?? [];
    } catch (error) {
      if (!hasErrorStatus(error, 409) || tried === TRIES) throw error;
      await sleep(100 * tried, signal);
    }
  }
}

/** A version that the CRD no longer has cannot be stored, and its name would block every later edit. */
function isDefined(definition: Definition, version: string): boolean {
  return definition.spec.versions.some(({ name }) => name === version);
}

function unionOfVersions(first: readonly string[], second: readonly string[]): string[] {
  return [...first, ...second.filter((version) => !first.includes(version))];
}
