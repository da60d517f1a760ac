import type { EncryptionConfiguration, Entry, Provider } from "./configuration";
import { normalizePattern, patternCovers } from "./resourcePatterns";

/**
 * The file with new providers for some patterns, and for every other resource the providers it had. Rules:
 * 1. a pattern leaves the entry it shares with others, which keep theirs;
 * 2. one that the file does not name gets an entry before the first wildcard that would mask it, else at the end;
 * 3. patterns at one place with the same providers share an entry.
 */
export function withOwnEntries(
  live: EncryptionConfiguration,
  changed: ReadonlyMap<string, Provider[]>,
): EncryptionConfiguration {
  const placed = [...changed.keys()].map((pattern) => ({ pattern, at: placeOf(live, pattern) }));
  const at = (index: number): Entry[] =>
    grouped(
      placed.filter((each) => each.at === index).map(({ pattern }) => pattern),
      changed,
    );
  const entries = live.entries.flatMap(({ resources, providers }, index) => {
    const rest = resources.filter((each) => !changed.has(normalizePattern(each)));
    return [...at(index), ...(rest.length === 0 ? [] : [{ resources: rest, providers }])];
  });
  return { entries: [...entries, ...at(live.entries.length)] };
}

/** Does this pattern share its entry with resources that are not in the set? They are then distinguished. */
export function patternsSharingOwnEntries(live: EncryptionConfiguration, patterns: readonly string[]): string[] {
  const ours = new Set(patterns);
  const shared = live.entries
    .map(({ resources }) => resources.map(normalizePattern))
    .filter((resources) => resources.some((each) => ours.has(each)))
    .flatMap((resources) => resources.filter((each) => !ours.has(each)));
  return [...new Set(shared)].sort();
}

function placeOf({ entries }: EncryptionConfiguration, pattern: string): number {
  const own = entries.findIndex(({ resources }) => resources.some((each) => normalizePattern(each) === pattern));
  if (own >= 0) return own;
  const masking = entries.findIndex(({ resources }) =>
    resources.some((each) => patternCovers(normalizePattern(each), pattern)),
  );
  return masking >= 0 ? masking : entries.length;
}

function grouped(patterns: readonly string[], changed: ReadonlyMap<string, Provider[]>): Entry[] {
  const entries: Entry[] = [];
  for (const pattern of patterns) {
    const providers = changed.get(pattern) ?? [];
    const alike = entries.find((each) => JSON.stringify(each.providers) === JSON.stringify(providers));
    if (alike === undefined) entries.push({ resources: [pattern], providers });
    else alike.resources.push(pattern);
  }
  return entries;
}
