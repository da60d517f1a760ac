import { type Definition, type Conversion } from "../../crd/definition";
import { DROPPING_ANNOTATION, OUTLIVED_ANNOTATION, PROOF_ANNOTATION, REHEARSAL_ANNOTATION } from "../../crd/names";
import type { RequestRecord } from "../usage/requestRecord";

/** What a completed migration records on the CRD: every object was rewritten to `storageVersion` on every API server. */
export interface Proof {
  uid: string;
  /** metadata.generation of the definition it speaks of. */
  generation: number;
  storageVersion: string;
  /** resourceVersion of the list whose every name was rewritten. A live one below it is an etcd from before the proof. */
  resourceVersion: string;
  objects: number;
  /** How long they were rewritten, waits left out: preview estimates the next migration from it. */
  seconds?: number;
  /** Addresses of the API servers that agreed; empty where they cannot be distinguished. */
  servers: string[];
  /** Evidence that could not be had, in sentences. */
  missing: string[];
  /** What each API server had counted when migrate ended, at the other versions. Absent where that could not be read. */
  requests?: RequestRecord;
}

/** Stands on the CRD from before versions are removed until everything was read without them. */
export interface DroppingRecord {
  versions: string[];
  /** The conversion that knew them. */
  conversion: Conversion | null;
  /** The storage version then. Absent in records of earlier builds. */
  storage?: string;
}

/** What a clean rehearsal records on the CRD. */
export interface RehearsalRecord {
  uid: string;
  generation: number;
  version: string;
  /** Digest of the manifest's versions and conversion that were rehearsed. */
  schema: string;
  objects: number;
  /** resourceVersion up to which every object was looked at. Absent in records of earlier builds. */
  listed?: string;
  /** The versions in which objects might be stored then. Absent in records of earlier builds. */
  stored?: readonly string[];
  /** When it ended, by the clock of the machine that ran it, as milliseconds since 1970. */
  endedAt?: number;
  /** Since storage flipped to `version`, by us. Absent before, and where someone else edited the definition after it. */
  flipped?: {
    /** The storage version before. */
    from: string;
    /** Other versions in which objects may have been stored then. Absent where there are none. */
    beside?: readonly string[];
    /** resourceVersion of the resource right before: what was not written since is stored as it was. Absent when unknown. */
    at?: string;
  };
}

export function recordedProof(live: Definition): Proof | undefined {
  return parse<Proof>(live.metadata.annotations?.[PROOF_ANNOTATION]);
}

export function recordedDropping(live: Definition): DroppingRecord | undefined {
  const record = parse<DroppingRecord>(live.metadata.annotations?.[DROPPING_ANNOTATION]);
  return Array.isArray(record?.versions) ? record : undefined;
}

export function recordedRehearsal(live: Definition): RehearsalRecord | undefined {
  return parse<RehearsalRecord>(live.metadata.annotations?.[REHEARSAL_ANNOTATION]);
}

/** Its objects may be stored in any version: some are older than it, or were unreadable with the one version that it had. */
export function isRecordedOutlived({ metadata: { annotations, uid } }: Definition): boolean {
  const recorded = annotations?.[OUTLIVED_ANNOTATION];
  return recorded !== undefined && recorded === (uid ?? "");
}

/** A record speaks of the very definition that was rehearsed. */
export function hasValidRehearsal(live: Definition, version: string, schema?: string): boolean {
  const record = recordedRehearsal(live);
  if (record === undefined || record.version !== version || record.uid !== live.metadata.uid) return false;
  return record.generation === live.metadata.generation && (schema === undefined || record.schema === schema);
}

/** Damaged by hand is as good as none. */
function parse<T>(annotation: string | undefined): T | undefined {
  try {
    const value = JSON.parse(annotation ?? "null") as T | null;
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Versions that were removed without it having been shown that everything reads without them. */
export function recordedUnfinishedDrop(live: Definition): string[] {
  const there = live.spec.versions.map(({ name }) => name);
  return (recordedDropping(live)?.versions ?? []).filter((name) => !there.includes(name)).sort();
}
