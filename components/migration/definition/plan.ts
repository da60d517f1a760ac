import { recordedUnfinishedDrop } from "./recordedOnDefinition";
import { servedByName, storageVersion, type Definition } from "../../crd/definition";
import { notInTreeThrough } from "../inTree/throughPreferred";
import { compareVersionNames } from "../../crd/versionNames";
import { versionsThatMayBeStored } from "./mayBeStored";
import { whyProven } from "./proof";

/** Facts a plan needs that the definition does not hold. */
export interface PlanFacts {
  /** Which storagemigration.k8s.io version is served, if any and wanted. */
  storageMigrationApi?: string | undefined;
  /** resourceVersion of a list taken now. */
  listed?: string | undefined;
}

/**
 * The versions in which objects may still be stored that are to become `version`, as far as they are served: the storage version, as
 * long as that is another, and what is not proven gone beside it; every one where objects are older than the definition, or where
 * nothing says in which they are. A schema or a conversion can change in between, so a rehearsal before the flip is not enough.
 *
 * @returns the storage version first, where it is another; then the newest
 */
export function planDefinitionVersionsToRehearse(
  live: Definition,
  version: string,
  versions: Record<string, boolean> = {},
): string[] {
  const storage = storageVersion(live);
  const flips = storage === version ? [] : [storage];
  const stored = live.status?.storedVersions ?? [];
  const isProven = whyProven(live, undefined) !== undefined;
  if (isProven && (flips.length > 0 || stored.join() === version)) return flips;
  const known = [...new Set([...versionsThatMayBeStored(live, undefined), ...stored])];
  const isAnywhere = known.length === 1 && flips.length === 0;
  const others = servedNames({ ...servedByName(live), ...versions })
    .filter((name) => ![version, storage].includes(name) && (isAnywhere || known.includes(name)))
    .sort(compareVersionNames)
    .reverse();
  return [...flips, ...others];
}

/** @param versions those that serve is about to apply, true where served */
export function planDefinitionMigrate(
  live: Definition | undefined,
  version: string,
  migrator: "in-tree" | "direct",
  facts: PlanFacts,
  versions: Record<string, boolean> = {},
): string[] {
  if (live === undefined) return [];
  const before = live.status?.storedVersions ?? [];
  const storage = storageVersion(live);
  const isPruned = storage === version && before.join() === version;
  // What an interrupted drop left behind is for drop's own list to find: it can put the version back, a rewrite cannot. But drop
  // refuses where storage has moved on since, and only a rewrite gets past that.
  if (isPruned && recordedUnfinishedDrop(live).length > 0) return [];
  if (isPruned && whyProven(live, facts.listed) !== undefined) return [];
  // A second StorageVersionMigration empties storedVersions; the API server adds the storage version at the next edit.
  const after = [...new Set([...before, storage, version])];
  const others = after.filter((each) => each !== version);
  const from = others.length > 0 ? others.join(", ") : "unproven";
  const { storageMigrationApi: api } = facts;
  const served = servedNames({ ...servedByName(live), ...versions, [version]: true });
  const through = api && notInTreeThrough(api, version, served);
  return [
    `${from} → ${version}: rewrite every object ${describeMigratorOfPlan(migrator, api, through)}`,
    `storedVersions [${after.join(", ")}] → [${version}]: only once every object is proven rewritten`,
  ];
}

function servedNames(isServed: Record<string, boolean>): string[] {
  return Object.keys(isServed).filter((name) => isServed[name]);
}

/** @param through the version through which a StorageVersionMigration would convert, so that there is none */
export function describeMigratorOfPlan(
  migrator: "in-tree" | "direct",
  api: string | undefined,
  through?: string,
): string {
  if (migrator === "direct") return "directly";
  if (through !== undefined) return `directly (a StorageVersionMigration would convert through ${through})`;
  return api === undefined
    ? "directly (storagemigration.k8s.io is not served)"
    : `by a StorageVersionMigration (storagemigration.k8s.io/${api}), then by our own pass`;
}
