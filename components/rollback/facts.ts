import type { Definition } from "../crd/definition";
import type { KubernetesObject } from "../kubernetes/api";
import { describeReadRehearsalSample, type Sample } from "../migration/rehearsal/sample";

/** What was seen of one CRD that is to go back to an older version: data, so that pure functions decide. */
export interface RollbackFacts {
  readonly live: Definition;
  /** The version to go back to. */
  readonly to: string;
  /** The first objects, read at the storage version and at each other version in which an object may be stored. */
  readonly read: Readonly<Record<string, ObjectsRead>>;
  /** Whether a webhook converted the first object to that version. */
  readonly conversion: ConversionAsked;
}

/** `not asked`: there is no webhook, no object, or nothing to convert. */
export type ConversionAsked =
  { readonly state: "answered" | "not asked" | "forbidden" } | { readonly state: "failed"; readonly why: string };

export type ObjectsRead =
  | ({ readonly state: "read" } & Sample)
  /** A LIST fails, and trying again would not help. */
  | { readonly state: "unreadable"; readonly why: string }
  | { readonly state: "forbidden" }
  | { readonly state: "not served" };

/** Undefined where there are none to look at, or they could not be listed. */
export function objectsOfRollbackFacts(read: ObjectsRead | undefined): readonly KubernetesObject[] | undefined {
  return read?.state === "read" ? read.objects : undefined;
}

/** `all 3 objects read`, or why there is nothing to say. */
export function describeObjectsOfRollbackFacts(read: ObjectsRead): string {
  if (read.state === "forbidden") return "objects not looked at: not allowed to list them (403)";
  if (read.state === "not served") return "objects not looked at: it is not served";
  if (read.state === "unreadable") return "objects not looked at: they cannot be listed";
  return read.objects.length === 0 ? "there is no object" : describeReadRehearsalSample(read);
}
