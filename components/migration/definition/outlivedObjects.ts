import { storageVersion, versionNamesOfDefinition, type Definition } from "../../crd/definition";
import { OUTLIVED_ANNOTATION } from "../../crd/names";
import { isNewerObject, type KubernetesObject } from "../../kubernetes/api";
import type { ClusterWork } from "../../kubernetes/cluster";
import { hasErrorStatus } from "../../kubernetes/errors";
import { listPages } from "../rewrite/pages";
import { annotateLiveDefinition, DefinitionMoved, requireLiveDefinition } from "./liveDefinition";
import { isProvenByItself, validProof } from "./proof";

/*
 * A CRD can be new and its objects old: its finalizer was taken off by hand, they stayed in etcd, and it was made anew. A CRD can
 * have one version and its objects another: that was taken out too early. Neither generation nor versions tell.
 */

/** What a plan has seen of the objects. */
export interface SeenObjects {
  /** The first ones, metadata only; undefined where they were not listed. */
  readonly objects?: readonly KubernetesObject[] | undefined;
  /** Why the API server cannot list them. */
  readonly unreadable?: string | undefined;
}

const TRIES = 10;
const INITIALIZING_SECONDS = 30;

/**
 * The API server sets both times, to the second. Within one the resourceVersion tells: an object that was written since the
 * definition last was is stored by it. https://kep.k8s.io/5504 But what is being deleted may have been marked by the deletion of the
 * CRD before, whose finalizer still writes as that one had it.
 */
export function isOlderThanDefinition(live: Definition, object: KubernetesObject): boolean {
  const { creationTimestamp: born, resourceVersion } = live.metadata;
  const { creationTimestamp, deletionTimestamp } = object.metadata;
  if (born === undefined || creationTimestamp === undefined) return false;
  const [made, since] = [Date.parse(creationTimestamp), Date.parse(born)];
  return (
    made < since || (made === since && (deletionTimestamp !== undefined || !isNewerObject(object, resourceVersion)))
  );
}

/** The version that the definition does not have and in which an object is stored, by what the API server says of a LIST. */
export function missingStoredVersion(live: Definition, unreadable: string | undefined): string | undefined {
  const group = live.spec.group.replaceAll(".", "\\.");
  // Not a path, as `/registry/GROUP/PLURAL`, which is said as well.
  const named = (unreadable ?? "").matchAll(new RegExp(`(?<![\\w./-])${group}/([a-z0-9-]+)(?![\\w./-])`, "g"));
  const there = versionNamesOfDefinition(live);
  return [...named].map(([, version = ""]) => version).find((version) => !there.includes(version));
}

/** Only a definition with several versions that nobody edited is taken at its word, whatever its objects are. */
export function needsLookAtObjects(live: Definition): boolean {
  return isProvenByItself(live) && live.spec.versions.length > 1 && validProof(live) === undefined;
}

/** With what was seen, as if it were recorded: for plans, which write nothing. */
export function withOutlivedSeen(live: Definition, { objects = [], unreadable }: SeenObjects): Definition {
  if (!isProvenByItself(live)) return live;
  const isOld = needsLookAtObjects(live) && objects.some((object) => isOlderThanDefinition(live, object));
  if (!isOld && missingStoredVersion(live, unreadable) === undefined) return live;
  const annotations = { ...live.metadata.annotations, [OUTLIVED_ANNOTATION]: live.metadata.uid ?? "" };
  return { ...live, metadata: { ...live.metadata, annotations } };
}

/** Before anything rests on a definition that proves itself: looks at its objects, all of them, and records what it finds. */
export async function recordIfOutlived(live: Definition, work: ClusterWork): Promise<Definition> {
  return needsLookAtObjects(live) && (await areSomeOutlived(live, work)) ? recordOutlived(live, work) : live;
}

/** Is any object older than the definition, or in a version that it does not have? */
export async function areSomeOutlived(live: Definition, work: ClusterWork): Promise<boolean> {
  return (await readAll(live, work, (object) => !isOlderThanDefinition(live, object))) === "not fine";
}

/**
 * A complete LIST: what is read with one version alone is stored in it.
 *
 * @returns "not known" where the API server that answered does not serve the version, or not yet
 */
export async function readAll(
  live: Definition,
  work: ClusterWork,
  isFine: (object: KubernetesObject) => boolean = () => true,
): Promise<"fine" | "not fine" | "not known"> {
  const { group, names } = live.spec;
  const resource = { group, plural: names.plural, version: storageVersion(live) };
  const options = { ...work, full: false, initializingSeconds: INITIALIZING_SECONDS };
  try {
    for await (const { objects } of listPages(work.cluster, resource, options))
      if (!objects.every(isFine)) return "not fine";
    return "fine";
  } catch (error) {
    work.signal.throwIfAborted();
    if (hasErrorStatus(error, 404)) return "not known";
    if (hasErrorStatus(error, 429, 500, 504)) return "not fine";
    throw error;
  }
}

/** Until a pass has proven every object. Others may write conditions meanwhile. */
export async function recordOutlived(live: Definition, { cluster }: Pick<ClusterWork, "cluster">): Promise<Definition> {
  for (let now = live, tried = 1; ; tried++) {
    try {
      return await annotateLiveDefinition(cluster, now, { [OUTLIVED_ANNOTATION]: now.metadata.uid ?? "" });
    } catch (error) {
      if (!(error instanceof DefinitionMoved) || tried === TRIES) throw error;
      now = await requireLiveDefinition(cluster, live.metadata.name);
    }
  }
}
