import { storageVersion, type Definition, definitionPath } from "../../crd/definition";
import { DELETION_ANNOTATION, OWNER_ANNOTATION } from "../../crd/names";
import { readDefinition } from "../../crd/readDefinition";
import { countObjects } from "../../kubernetes/countObjects";
import type { Cluster } from "../../kubernetes/cluster";
import { discoverStorageMigrationVersion } from "../../kubernetes/discovery";
import { hasErrorStatus, UserError } from "../../kubernetes/errors";
import { sleep } from "../../kubernetes/sleep";
import { annotateLiveDefinition, liveDefinitionConflict } from "../../migration/definition/liveDefinition";
import { StorageVersionMigrations } from "../../migration/inTree/storageVersionMigration";
import { describeFieldManager, otherFieldManagers } from "../fieldManagers";
import type { ServeInputs } from "../inputs";
import { ownerOfDefinition } from "../owner";

/** Objects with finalizers may take their time, or for ever. */
const GONE_WITHIN_MS = 120_000;

/** A real delete, asked for by `onDelete`: only what is still ours, and with objects only when told. */
export async function deleteCrd(inputs: ServeInputs, cluster: Cluster): Promise<void> {
  const live = await readDefinition(cluster, inputs.crd);
  // Handed over, renamed, or deleted by someone else: leaving it alone is what is wanted, and no reason to fail a destroy.
  if (live === undefined || ownerOfDefinition(live) !== inputs.owner) return;
  refuseOtherOwners(live);
  if (inputs.onDelete !== "delete-with-objects") await refuseWithObjects(inputs, cluster, live);
  await deleteStorageMigrations(inputs, cluster);
  await deleteLiveCrd(cluster, await allowDeletion(cluster, live));
  await awaitGone(inputs, cluster);
}

/** A policy of `protect` may still be in force after Pulumi has deleted it. Any change of the spec voids what is allowed here. */
function allowDeletion(cluster: Cluster, live: Definition): Promise<Definition> {
  return annotateLiveDefinition(cluster, live, { [DELETION_ANNOTATION]: String(live.metadata.generation) });
}

/** Whoever applies it too has a source that still holds it: another stack's official resource, a Helm release. */
function refuseOtherOwners(live: Definition): void {
  const others = otherFieldManagers(live, [live]).filter(({ fields }) => fields.includes("spec.versions"));
  if (others.length === 0) return;
  const { name } = live.metadata;
  const names = others.map(({ manager }) => describeFieldManager(manager)).join(", ");
  throw new UserError({
    what: `${name}: is applied by ${names} as well`,
    expected: "no other writer of spec.versions before it is deleted with all its objects",
    next: `have the other stop, put the component back with takeOverFrom, run \`pulumi up\`, and remove it again; or keep the CRD: \`kubectl annotate crd ${name} ${OWNER_ANNOTATION}-\``,
  });
}

async function refuseWithObjects({ crd, group, plural }: ServeInputs, cluster: Cluster, live: Definition) {
  const { objects } = await countObjects(cluster, { group, version: storageVersion(live), plural });
  if (objects === 0) return;
  throw new UserError({
    what: `${crd}: has ${objects} objects, which would be deleted with it`,
    expected: 'none for onDelete: "delete"',
    next: 'delete them first, or put the component back with onDelete: "delete-with-objects" (or "retain"), run `pulumi up`, and remove it again',
  });
}

/** One left over for a resource that is gone stays pending for ever. */
async function deleteStorageMigrations({ group, plural }: ServeInputs, cluster: Cluster): Promise<void> {
  const version = await discoverStorageMigrationVersion(cluster);
  if (version === undefined) return;
  const migrations = new StorageVersionMigrations(cluster, version, new AbortController().signal);
  for (const { metadata, spec } of await migrations.list()) {
    if (spec?.resource?.group === group && spec.resource.resource === plural) await migrations.delete(metadata.name);
  }
}

async function awaitGone({ crd }: ServeInputs, cluster: Cluster): Promise<void> {
  for (const deadline = performance.now() + GONE_WITHIN_MS; performance.now() < deadline;) {
    if ((await readDefinition(cluster, crd)) === undefined) return;
    await sleep(500);
  }
  throw new UserError({
    what: `${crd}: still being deleted after ${GONE_WITHIN_MS / 1_000} s`,
    expected: "the CRD to be gone",
    why: "a finalizer of an object holds it",
    next: `see \`kubectl get crd ${crd} -o yaml\`, and run the same command again once it is gone`,
  });
}

/** Deletes the definition and with it every object; refused when it moved since it was read. */
async function deleteLiveCrd(cluster: Cluster, live: Definition): Promise<void> {
  const { name, uid, resourceVersion } = live.metadata;
  try {
    const preconditions = { uid, resourceVersion };
    await cluster.call({ method: "DELETE", path: definitionPath(name), body: { preconditions } });
  } catch (error) {
    if (hasErrorStatus(error, 404)) return;
    if (!hasErrorStatus(error, 409)) throw error;
    // A delete whose answer got lost has moved it: it is being deleted until its objects are gone.
    const now = error.mayHaveLanded ? await readDefinition(cluster, name) : live;
    const isGoing = now === undefined || (now.metadata.uid === uid && now.metadata["deletionTimestamp"] !== undefined);
    if (!isGoing) throw liveDefinitionConflict(name, error);
  }
}
