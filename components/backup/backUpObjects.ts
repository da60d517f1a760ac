import type { KubernetesObject, Resource } from "../kubernetes/api";
import type { ClusterWork } from "../kubernetes/cluster";
import { readableJson } from "../kubernetes/json";
import { listPages } from "../migration/rewrite/pages";
import { Progress } from "../migration/rewrite/progress";
import { BackupFolder } from "./backupFolder";
import { restorable } from "./restorable";
import { describeCount } from "../kubernetes/count";

const LIST_INITIALIZING_SECONDS = 180;

/** The objects to write, and what tells their backup from others. */
export interface BackedUp {
  readonly resource: Resource;
  readonly kind: string;
  /** Of the new folder. */
  readonly name: string;
  /** uid of the CRD: two clusters may be backed up to one directory at once. */
  readonly id: string;
}

/**
 * Every object as files that `kubectl apply --server-side -f FOLDER` takes back: a List for each page of the API server's, an object
 * a line, so that neither this process nor a reader holds more than a page. Returns what was written where, for the phase's row.
 */
export async function backUpObjects(
  directory: string,
  { resource, kind, name, id }: BackedUp,
  work: ClusterWork,
): Promise<string> {
  const folder = await BackupFolder.begin(directory, name, id);
  const progress = new Progress("backing up", work.report);
  const options = { ...work, full: true, initializingSeconds: LIST_INITIALIZING_SECONDS };
  try {
    let written = 0;
    let pages = 0;
    for await (const { objects, remaining } of listPages(work.cluster, resource, options)) {
      work.signal.throwIfAborted();
      const apiVersion = `${resource.group}/${resource.version}`;
      const items = objects.map((object) => restorable(object, apiVersion, kind));
      await folder.write(`${resource.plural}-${String(++pages).padStart(6, "0")}.json`, renderBackedUpList(items));
      progress.update(written + objects.length, written + remaining, 0);
      written += objects.length;
    }
    return `${describeCount(written, "object")} backed up to ${await folder.complete()}`;
  } catch (error) {
    await folder.discard();
    throw error;
  }
}

function renderBackedUpList(items: readonly KubernetesObject[]): string {
  return `{"apiVersion":"v1","kind":"List","items":[\n${items.map(readableJson).join(",\n")}\n]}\n`;
}
