import { prunedFields } from "../compatibility/prunedFields";
import { isWebhookConversion } from "../crd/conversion";
import {
  schemaOfDefinition,
  servedByName,
  storageVersion,
  versionNamesOfDefinition,
  type Definition,
} from "../crd/definition";
import { OWNER_ANNOTATION } from "../crd/names";
import { boundedList } from "../kubernetes/problem";
import { versionsThatMayBeStored } from "../migration/definition/mayBeStored";
import { newerVersions } from "./versions";

const SHOWN = 10;

/** One step of the way back. */
export interface Step {
  readonly what: string;
  /** To paste into a shell; absent where a manifest is to be edited. */
  readonly command?: string;
}

interface Asked {
  readonly live: Definition;
  readonly to: string;
  /** resourceVersion of a list taken now; undefined when there is nothing to list. */
  readonly listed: string | undefined;
  /** Flags of the cluster, where some were given: ` --context prod`. */
  readonly flags: string;
}

/**
 * The steps from what is live to the older version alone, in the only order in which no object becomes unreadable: served before
 * stored, stored before rewritten, rewritten before storedVersions is pruned, pruned before the newer version goes.
 */
export function stepsBack(asked: Asked): Step[] {
  const { live, to } = asked;
  const owner = live.metadata.annotations?.[OWNER_ANNOTATION];
  if (!versionNamesOfDefinition(live).includes(to)) return [{ what: `put ${to} back into the manifest, and apply it` }];
  return owner === undefined ? stepsByHand(asked) : stepsOfProgram(asked, owner);
}

/** Each is left out where it is done already. */
function stepsByHand(asked: Asked): Step[] {
  return [stepToServe, stepToStore, stepToMigrate, stepToUnserve, stepToDrop].flatMap((step) => step(asked));
}

function stepToServe(asked: Asked): Step[] {
  const { live, to } = asked;
  return servedByName(live)[to] === true ? [] : [stepOfEdit(asked, `serve ${to}`, [[to, "served", true]])];
}

function stepToStore(asked: Asked): Step[] {
  const { live, to } = asked;
  const storage = storageVersion(live);
  if (storage === to) return [];
  const changes: Change[] = [
    [storage, "storage", false],
    [to, "storage", true],
  ];
  return [stepOfEdit(asked, `make ${to} the storage version: from here on it is what every write stores`, changes)];
}

function stepToMigrate(asked: Asked): Step[] {
  const { live, to, listed } = asked;
  if (isStoredAlone(live, to, listed)) return [];
  return [
    stepOfMigrate(asked, "rehearse: a dry run of every object names those that would lose a field or be refused", true),
    stepOfMigrate(asked, `rewrite every object as ${to}, prove it, and prune storedVersions to [${to}]`),
  ];
}

function stepToUnserve(asked: Asked): Step[] {
  const served = newerVersions(asked.live, asked.to).filter((name) => servedByName(asked.live)[name]);
  const changes = served.map((name): Change => [name, "served", false]);
  return changes.length === 0
    ? []
    : [stepOfEdit(asked, `stop serving ${served.join(", ")}, once its clients are gone`, changes)];
}

function stepToDrop(asked: Asked): Step[] {
  const newer = newerVersions(asked.live, asked.to);
  if (newer.length === 0) return [];
  const names = newer.join(", ");
  return [
    stepOfMigrate(asked, `move managedFields off ${names}, and prove once more: the CRD was edited`),
    stepOfRemoval(asked, `take ${names} out, as the older release's manifest does`, newer),
  ];
}

function isStoredAlone(live: Definition, version: string, listed: string | undefined): boolean {
  const named = live.status?.storedVersions ?? [];
  return versionsThatMayBeStored(live, listed).join() === version && named.join() === version;
}

/** The program's own gates stand between these. */
function stepsOfProgram({ live, to, listed }: Asked, owner: string): Step[] {
  const storage = storageVersion(live);
  const names = newerVersions(live, to).join(", ");
  const others = storage === to ? "the others" : storage;
  const lacking = fieldsLackingIn(live, to);
  const fields =
    lacking.length === 0
      ? ""
      : `, and in its schema what the others have and it lacks: ${boundedList(lacking, SHOWN)} (preview refuses it without, whether an object has them or not)`;
  const store = {
    what: `in the manifest of ${owner}: ${to} with served: true and storage: true${fields}, ${others} with storage: false, no version taken out. Read the preview; the run rehearses, moves storage, rewrites every object, proves it, and prunes storedVersions`,
    command: "pulumi up",
  };
  const drop = {
    what: `once the clients of ${names} are gone, take ${names} out of the manifest: it is dropped by its own gates`,
    command: "pulumi up",
  };
  return [...(isStoredAlone(live, to, listed) ? [] : [store]), ...(names === "" ? [] : [drop])];
}

/** Of all other versions, which stay in the manifest: with conversion None what is written through them would lose these. */
function fieldsLackingIn(live: Definition, to: string): string[] {
  if (isWebhookConversion(live.spec.conversion)) return [];
  const target = schemaOfDefinition(live, to);
  const others = versionNamesOfDefinition(live).filter((name) => name !== to);
  return [...new Set(others.flatMap((name) => prunedFields(schemaOfDefinition(live, name), target)))].sort();
}

type Change = [version: string, key: "served" | "storage", value: boolean];

/** One edit of versions, which is refused where somebody has put them in another order meanwhile. */
function stepOfEdit({ live, flags }: Asked, what: string, changes: readonly Change[]): Step {
  const operations = changes.flatMap(([version, key, value]) => [
    ...testsStillAt(live, version),
    { op: "replace", path: `/spec/versions/${indexOf(live, version)}/${key}`, value },
  ]);
  return { what, command: patchCommand(live, flags, operations) };
}

/** From the last to the first, so that no index moves before it is used. */
function stepOfRemoval({ live, flags }: Asked, what: string, versions: readonly string[]): Step {
  const last = [...versions].sort((left, right) => indexOf(live, right) - indexOf(live, left));
  const operations = last.flatMap((version) => [
    ...testsStillAt(live, version),
    { op: "remove", path: `/spec/versions/${indexOf(live, version)}` },
  ]);
  return { what, command: patchCommand(live, flags, operations) };
}

function testsStillAt(live: Definition, version: string): object[] {
  return [{ op: "test", path: `/spec/versions/${indexOf(live, version)}/name`, value: version }];
}

function indexOf(live: Definition, version: string): number {
  return versionNamesOfDefinition(live).indexOf(version);
}

function patchCommand({ metadata }: Definition, flags: string, operations: readonly object[]): string {
  return `kubectl${flags} patch crd ${metadata.name} --type=json -p '${JSON.stringify(operations)}'`;
}

function stepOfMigrate({ live, flags }: Asked, what: string, isDryRun = false): Step {
  const command = `kubernetes-storage-migration migrate ${live.metadata.name}${flags}${isDryRun ? " --dry-run" : ""}`;
  return { what, command };
}
