import type { Definition } from "../../crd/definition";
import type { Cluster } from "../../kubernetes/cluster";
import { discoverStorageMigrationVersion } from "../../kubernetes/discovery";
import { hasErrorStatus, messageOfError } from "../../kubernetes/errors";
import { type FirstObjects, listFirstObjects } from "../../kubernetes/listFirstObjects";
import type { Work } from "../../kubernetes/report";
import { decideRetry } from "../../kubernetes/retry";
import { sleep } from "../../kubernetes/sleep";
import { progressDuration } from "../rewrite/progress";
import { touchObject } from "../rewrite/touch";
import { keepStoredVersions } from "../storedVersions";
import { AboutMigrated } from "./aboutMigrated";
import { notInTreeThrough } from "./throughPreferred";
import { describeInTreeState, type InTreeWait, judgeInTreeState, type InTreeState, nudgeInTreeAt } from "./inTreeState";
import {
  type MigrationSubject,
  newMigration,
  classifyMigrations,
  isTerminalMigration,
  storageVersionMigrationSubject,
  type StorageVersionMigration,
  StorageVersionMigrations,
  storedVersionsBefore,
} from "./storageVersionMigration";

export interface InTreeResult {
  readonly outcome:
    "succeeded" | "failed" | "stalled" | "overtaken" | "not-served" | "converts" | "forbidden" | "no-objects";
  /** metadata.name of the StorageVersionMigration. */
  readonly name?: string;
  /** One sentence, fit for the summary. */
  readonly message: string;
  readonly seconds: number;
}

const POLL_MS = 1_000;
const NUDGES = 30;
const NUDGE_OBJECTS = 5;
/** Objects to be left for its informer: it begins when it has seen one rewritten, or a minute later. One may be refused, one just written. */
export const IN_TREE_EVENTS = 3;
/** A write to the migration while it runs makes the migrator go through the objects once more at its end. */
const ASKED_AGAIN_OBJECTS = 500;
const CREATE_TRIES = 3;

/**
 * Has kube-controller-manager rewrite every object of this CRD, guarded: whatever becomes of the StorageVersionMigration,
 * status.storedVersions afterwards still names every version that it named before. Not a proof; always followed by our own
 * pass. Rejects only when aborted.
 *
 * @param definition the live CRD
 */
export function migrateInTree(
  cluster: Cluster,
  definition: Definition,
  work: Work,
  waits?: InTreeWait,
): Promise<InTreeResult> {
  return rewriteInTree(cluster, storageVersionMigrationSubject(definition), work, waits);
}

/** The same for any resource, guarded where it is a CRD's. */
export async function rewriteInTree(
  cluster: Cluster,
  subject: MigrationSubject,
  work: Work,
  waits: InTreeWait = { isAlone: true },
): Promise<InTreeResult> {
  const began = performance.now();
  const ended = (result: Omit<InTreeResult, "seconds">): InTreeResult => ({
    ...result,
    seconds: (performance.now() - began) / 1_000,
  });
  try {
    return ended(await new InTreeMigration(cluster, subject, work, waits).run());
  } catch (error) {
    work.signal.throwIfAborted();
    const outcome = hasErrorStatus(error, 403) ? "forbidden" : "failed";
    return ended({ outcome, message: `no StorageVersionMigration was run: ${messageOfError(error)}` });
  }
}

type Result = Omit<InTreeResult, "seconds">;

class InTreeMigration {
  constructor(
    private readonly cluster: Cluster,
    private readonly subject: MigrationSubject,
    private readonly work: Work,
    private readonly waits: InTreeWait,
  ) {}

  async run(): Promise<Result> {
    const version = await discoverStorageMigrationVersion(this.cluster);
    if (version === undefined) {
      return { outcome: "not-served", message: "storagemigration.k8s.io is not served by this cluster" };
    }
    const { crd, resource } = this.subject;
    const through = crd && notInTreeThrough(version, resource.version, crd.served);
    if (through !== undefined) return { outcome: "converts", message: describeConverting(through, resource.version) };
    const objects = await this.firstObjects(1);
    if (objects.count === 0) return { outcome: "no-objects", message: "there is no object to migrate" };

    const api = new StorageVersionMigrations(this.cluster, version, this.work.signal);
    const found = classifyMigrations(await api.list(), this.subject);
    for (const { metadata } of found.stale) await api.delete(metadata.name);
    // Killed in the middle, we may come back to a status that is already pruned: what was there before is on the object.
    const atLeast = found.current ? storedVersionsBefore(found.current) : [];
    const held = await this.hold(atLeast);
    const migration = found.current ?? (await this.create(api, newMigration(version, this.subject, held)));
    const { name } = migration.metadata;
    const state = await this.watch(api, name, objects.count, found.others[0]?.metadata.name).catch((error: unknown) => {
      this.work.signal.throwIfAborted();
      return { kind: "stalled", message: messageOfError(error) } as const;
    });
    return this.conclude(api, name, state, held);
  }

  /** A create under a generated name is not sent twice unseen: an answer that got lost may be of one that is there. */
  private async create(api: StorageVersionMigrations, body: object): Promise<StorageVersionMigration> {
    const first = performance.now();
    for (let tried = 1; ; tried++) {
      const began = performance.now();
      try {
        return await api.create(body);
      } catch (error) {
        const now = performance.now();
        const verdict = decideRetry(error, { tried, sinceFirstMs: now - first, lastMs: now - began });
        if (verdict.kind === "failed" || tried === CREATE_TRIES) throw error;
        await sleep(verdict.afterMs, this.work.signal);
        const { current } = classifyMigrations(await api.list(), this.subject);
        if (current !== undefined) return current;
      }
    }
  }

  private async watch(
    api: StorageVersionMigrations,
    name: string,
    objects: number,
    behind: string | undefined,
  ): Promise<InTreeState> {
    const created = performance.now();
    let changed = created;
    let last = "";
    let nudges = 0;
    const about = new AboutMigrated(this.cluster, this.subject.resource, objects, this.work.signal);
    for (;;) {
      const migration = await api.get(name);
      const now = performance.now();
      const status = JSON.stringify(migration?.status);
      if (status !== last) changed = now;
      last = status;
      const watched = { sinceCreated: (now - created) / 1_000, sinceChange: (now - changed) / 1_000, objects, behind };
      const state = judgeInTreeState(migration, watched);
      if (state.kind !== "running") return state;
      if (await this.hasGivenUp(api, migration)) return { kind: "overtaken" };
      const { sinceCreated } = watched;
      const far = this.waits.isAlone ? await about.since(migration?.status?.resourceVersion, sinceCreated) : "";
      this.work.report(`StorageVersionMigration ${name}: ${state.message}${far} (${progressDuration(sinceCreated)})`);
      if (nudges < NUDGES && this.mayNeedNudge(migration) && now - created >= nudgeInTreeAt(nudges)) {
        nudges++;
        if (migration?.status?.resourceVersion !== undefined) await this.moveInformer();
        if (objects <= ASKED_AGAIN_OBJECTS) await this.askAgain(api, name, nudges);
      }
      await sleep(POLL_MS, this.work.signal);
    }
  }

  /**
   * As it was seen, not terminal: the runner prunes storedVersions for one that is, and would do so after we held them
   * (migrationrunner.go, cleanupAdmission).
   */
  private async hasGivenUp(
    api: StorageVersionMigrations,
    migration: StorageVersionMigration | undefined,
  ): Promise<boolean> {
    if (this.waits.enough?.aborted !== true || migration === undefined || isTerminalMigration(migration)) return false;
    return api.deleteAsItIs(migration);
  }

  private mayNeedNudge(migration: StorageVersionMigration | undefined): boolean {
    const running = migration?.status?.conditions?.find(({ type }) => type === "Running");
    // 1.37 counts objects once it works on them; before that it waits, like its elders, for the informer to move.
    return migration !== undefined && !/object/.test(running?.message ?? "");
  }

  /**
   * The garbage collector discovers a new version within 30 s; the migrator meanwhile doubles its own waits, up to 20 s and
   * 41 s. Any update has it look at once, whatever it waits for.
   * https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/controller/storageversionmigrator/storageversionmigrator.go
   */
  private async askAgain(api: StorageVersionMigrations, name: string, nth: number): Promise<void> {
    try {
      await api.nudge(name, nth);
    } catch {
      this.work.signal.throwIfAborted(); // without it the migrator comes by itself, later
    }
  }

  /**
   * The migrator waits until its informer has seen status.resourceVersion, and on an idle resource nothing moves it but a
   * bookmark a minute. Rewriting one stale object, which has to be done anyway, is such an event.
   */
  private async moveInformer(): Promise<void> {
    const { objects } = await this.firstObjects(NUDGE_OBJECTS);
    for (const object of objects) {
      try {
        const answer = await touchObject(this.cluster, this.subject.resource, object, this.work);
        if (answer.metadata.resourceVersion !== object.metadata.resourceVersion) return;
      } catch {
        // An object that cannot be rewritten is for the pass to report.
        this.work.signal.throwIfAborted();
      }
    }
  }

  private async hold(atLeast: readonly string[]): Promise<readonly string[]> {
    const { crd } = this.subject;
    return crd === undefined ? [] : keepStoredVersions(this.cluster, crd.name, atLeast, this.work.signal);
  }

  private firstObjects(limit: number): Promise<FirstObjects> {
    return listFirstObjects(this.cluster, this.subject.resource, limit, { signal: this.work.signal });
  }

  private async conclude(
    api: StorageVersionMigrations,
    name: string,
    state: InTreeState,
    held: readonly string[],
  ): Promise<Result> {
    const said = describeInTreeState(name, state);
    const outcome = state.kind === "running" ? "stalled" : state.kind;
    try {
      // One that never ends would hold up every later one of this resource.
      if (outcome === "stalled") await api.delete(name);
      // Pruned at its end, after a failure too; our pass comes first, then they go.
      await this.hold(held);
      return { outcome, name, message: said };
    } catch (error) {
      this.work.signal.throwIfAborted();
      return { outcome, name, message: `${said}; status.storedVersions may be pruned: ${messageOfError(error)}` };
    }
  }
}

function describeConverting(through: string, storage: string): string {
  return `no StorageVersionMigration was run: it would go through ${through}, the preferred version, and lose what only ${storage} knows`;
}

/** The garbage collector, through whose watches the migrator sees objects, has none of events, nor of what it could not delete or watch. */
export function isFollowedByInTreeMigrator({ plural, verbs }: { plural: string; verbs: readonly string[] }): boolean {
  return plural !== "events" && ["list", "watch", "delete", "patch", "update"].every((verb) => verbs.includes(verb));
}
