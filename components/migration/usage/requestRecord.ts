import type { RequestCount, RequestTotals } from "../../kubernetes/requestTotals";

/** What each API server had counted at some moment, by the address that it advertises. */
export interface RequestRecord {
  /** The moment, as milliseconds since 1970 by the clock of the machine that asked. */
  readonly at: number;
  readonly servers: Readonly<Record<string, RequestTotals>>;
}

/** Requests between two looks. */
export interface RequestsSince extends RequestCount {
  /** False: an API server is gone, or was started anew, and what it had counted in between is lost. */
  readonly isComplete: boolean;
}

/**
 * Requests at one version since the record was made; undefined where it says nothing of that version's counts. A process that
 * has started since counts from nothing. One that was running and not reached then shows how much it counted, not since when.
 */
export function requestsSince(record: RequestRecord, now: RequestRecord, version: string): RequestsSince {
  let [writes, others] = [0, 0];
  let isComplete = Object.keys(record.servers).every((address) => now.servers[address] !== undefined);
  for (const [address, totals] of Object.entries(now.servers)) {
    const before = record.servers[address];
    const isSame = before !== undefined && before.startedAt === totals.startedAt;
    const isNew = !isSame && totals.startedAt * 1_000 >= record.at;
    if (!isSame) isComplete = false;
    if (!isSame && !isNew) continue;
    const known = isSame ? countOf(before, version) : NOTHING;
    const found = countOf(totals, version);
    writes += found.writes - known.writes;
    others += found.others - known.others;
  }
  return { writes, others, isComplete };
}

const NOTHING: RequestCount = { writes: 0, others: 0 };

function countOf({ byVersion }: RequestTotals, version: string): RequestCount {
  return byVersion[version] ?? NOTHING;
}

/** The record with the counts of these versions alone: it stands in an annotation. */
export function requestRecordOfVersions({ at, servers }: RequestRecord, versions: readonly string[]): RequestRecord {
  const kept = Object.entries(servers).map(([address, { startedAt, byVersion }]): [string, RequestTotals] => [
    address,
    { startedAt, byVersion: Object.fromEntries(versions.map((name) => [name, byVersion[name] ?? NOTHING])) },
  ]);
  return { at, servers: Object.fromEntries(kept.sort(([left], [right]) => (left < right ? -1 : 1))) };
}
