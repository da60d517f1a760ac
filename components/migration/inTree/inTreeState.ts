import { progressDuration } from "../rewrite/progress";
import { hasMigrationCondition, type StorageVersionMigration } from "./storageVersionMigration";

export type InTreeState =
  | { readonly kind: "running"; readonly message: string }
  | { readonly kind: "succeeded" }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "stalled"; readonly message: string }
  /** Not to be waited for any longer: nothing about it tells, so it is never judged. */
  | { readonly kind: "overtaken" };

export interface InTreeWait {
  /** Aborts when it is not to be waited for any longer: then the StorageVersionMigration is deleted, as one that stalls. */
  readonly enough?: AbortSignal;
  /** Nothing of ours rewrites before it or beside it: it says how far it is. */
  readonly isAlone: boolean;
}

/** What is known besides the object itself; seconds by our own clock. */
export interface Watched {
  readonly sinceCreated: number;
  /** Since anything in its status last changed. */
  readonly sinceChange: number;
  readonly objects: number;
  /** Someone else's StorageVersionMigration of the same resource, which goes first. */
  readonly behind?: string | undefined;
}

/** The runner promotes within a second; a new CRD takes it up to 30 s to discover, and 1.30 is slower still. */
const UNNOTICED_SECONDS = 90;
/** An idle resource moves the migrator's informer only by a bookmark a minute, then it backs off. */
const STALLED_SECONDS = 180;
/** Below 1.37 nothing is said while it works; a serial migrator with a slow webhook does some 20 objects a second. */
const OBJECTS_PER_SECOND = 20;
/** The runner prunes storedVersions and sets Running=False within a second of the end. */
const CLEANUP_SECONDS = 60;

/**
 * 1. It ended only when it is Succeeded or Failed and no longer Running: from 1.36 on Succeeded comes first, then
 *    status.storedVersions is pruned, then Running becomes False.
 * 2. Ended but Running for too long counts as ended: the pruning is stuck, the rewriting is not.
 * 3. Without any sign of a controller it stalls; errors that it takes for transient keep it Running for ever.
 */
export function judgeInTreeState(migration: StorageVersionMigration | undefined, watched: Watched): InTreeState {
  if (migration === undefined) return { kind: "failed", message: "it was deleted by someone else" };
  const cleanedUp = !hasMigrationCondition(migration, "Running") || watched.sinceChange > CLEANUP_SECONDS;
  if (hasMigrationCondition(migration, "Succeeded") && cleanedUp) return { kind: "succeeded" };
  if (hasMigrationCondition(migration, "Failed") && cleanedUp) {
    return { kind: "failed", message: messageOf(migration, "Failed") || "it failed without a message" };
  }
  const said = messageOf(migration, "Running").replace(/^The migration is running(, )?/i, "");
  const noticed = (migration.status?.conditions?.length ?? 0) > 0 || migration.status?.resourceVersion !== undefined;
  if (!noticed && watched.sinceCreated > UNNOTICED_SECONDS) {
    const why =
      watched.behind === undefined
        ? "no controller took notice of it: does kube-controller-manager run storage-version-migrator-controller?"
        : `StorageVersionMigration ${watched.behind} of the same resource has not ended`;
    return { kind: "stalled", message: why };
  }
  const allowed = Math.max(STALLED_SECONDS, watched.objects / OBJECTS_PER_SECOND);
  if (noticed && watched.sinceChange > allowed) {
    return {
      kind: "stalled",
      message: `nothing changed for ${progressDuration(watched.sinceChange)}${said && `; last: ${said}`}`,
    };
  }
  return { kind: "running", message: said || (noticed ? "running" : "waiting for the controller") };
}

function messageOf(migration: StorageVersionMigration, type: string): string {
  return migration.status?.conditions?.find((condition) => condition.type === type)?.message ?? "";
}

/** One sentence, fit for the summary. */
export function describeInTreeState(name: string, state: InTreeState): string {
  const migration = `StorageVersionMigration ${name}`;
  if (state.kind === "succeeded") return `${migration} succeeded`;
  if (state.kind === "failed") return `${migration} failed: ${state.message}`;
  if (state.kind === "overtaken") return `${migration} was ended early: our own pass had rewritten every object`;
  return `${migration} stalled: ${state.message}`;
}

const NUDGE_MS = 3_000;
/** Every few seconds at first; later as often as the migrator itself would come by. */
const EARLY_NUDGES = 10;
const LATER_NUDGE_MS = 15_000;

/** Milliseconds after the create at which a migrator that waits is had to look once more. */
export function nudgeInTreeAt(nth: number): number {
  return Math.min(nth, EARLY_NUDGES) * NUDGE_MS + Math.max(0, nth - EARLY_NUDGES) * LATER_NUDGE_MS;
}
