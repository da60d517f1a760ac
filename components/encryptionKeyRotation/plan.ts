import type { RotationInputs } from "./inputs";
import type { LiveConfiguration } from "./liveConfiguration";
import { describeBackupArgs, type CommandBackupArgs } from "../backup/args";
import type { EncryptionConfiguration } from "./configuration/configuration";
import { keyNamesOf, labelKeyName, isSameKeyName, type KeyName } from "./configuration/keyNames";
import { patternsSharingOwnEntries } from "./configuration/ownEntries";
import { reachingResourcePattern } from "./configuration/resourcePatterns";
import { effectiveKeyOrder, effectiveProviders } from "./configuration/effectiveKeys";
import type { DesiredKeys } from "./desiredKeys";
import { simulateStages } from "./stages";

/**
 * What each phase will do, as sentences keyed by from → to, with keys by name.
 *
 * Rules: a plan is a pure function of the live file, of what is desired and of what is proven; it takes the live file and
 * simulates the stages before its own, so it is the same in preview and in `up` after they ran; it is empty exactly when
 * the phase has nothing to do; it names no number that moves by itself.
 */

/** What planRotationMigrate needs that no file holds. */
export interface MigrateFacts {
  /** The resources in the cluster that the rotation reaches (`secrets`, `databases.example.com`): listed, and isReachedByResourcePatterns. */
  resources: readonly string[];
  /** Those of them with a proof that is valid for the live file and for exactly the desired write key. */
  proven: readonly string[];
  /** Who rewrites, as words: `directly`, `by a StorageVersionMigration (storagemigration.k8s.io/v1), then by our own pass`. */
  how: string;
  /** The same for the few of which it is not so, by resource. */
  otherwise?: Readonly<Record<string, string>>;
}

/** Every API server learns to read the new key before any writes with it. */
export function planDistribute(live: EncryptionConfiguration, desired: DesiredKeys): string[] {
  const after = simulateStages("distribute", live, desired);
  const changes = changesOf(desired, live, after);
  const sentences = changes.map(({ patterns, before, after: then }) => {
    const added = then.filter((key) => !before.some((each) => isSameKeyName(each, key)));
    const learns = `every API server learns to read ${labels(added)}`;
    return `${patterns.join(", ")}: ${describeOrders(before, then)}: ${learns}; ${labels(then.slice(0, 1))} goes on writing`;
  });
  return [...sentences, ...timeoutChanges(live, after)];
}

/**
 * The resources that shared an entry with ours and get one of their own, with the keys they had: for a note, not for the plan, since
 * another rotation of the same file may distinguish them first.
 */
export function planSplitEntries(live: EncryptionConfiguration, desired: DesiredKeys): string[] {
  const changes = changesOf(desired, live, simulateStages("distribute", live, desired));
  return patternsSharingOwnEntries(
    live,
    changes.flatMap(({ patterns }) => patterns),
  );
}

/** The new key writes; all others are still read. */
export function planPromote(live: EncryptionConfiguration, desired: DesiredKeys): string[] {
  const before = simulateStages("distribute", live, desired);
  const after = simulateStages("promote", before, desired);
  return changesOf(desired, before, after).map(
    ({ patterns, before: was, after: is }) =>
      `${patterns.join(", ")}: ${describeOrders(was, is)}: ${labels(is.slice(0, 1))} writes; everything stays readable`,
  );
}

/** Every object that is not proven to be written with the new key is rewritten. */
export function planRotationMigrate(
  live: EncryptionConfiguration,
  desired: DesiredKeys,
  facts: MigrateFacts,
): string[] {
  const promoted = simulateStages("promote", simulateStages("distribute", live, desired), desired);
  const due = facts.resources.filter((resource) => !isProven(live, desired, facts, resource));
  const isOtherwise = (resource: string): boolean => facts.otherwise?.[resource] !== undefined;
  const alike = { ...facts, resources: facts.resources.filter((resource) => !isOtherwise(resource)) };
  const groups = new Map<string, string[]>();
  for (const resource of due) {
    const others = effectiveKeyOrder(promoted, resource).slice(1);
    const from = others.length > 0 ? labels(others) : planUnseenResources(desired);
    groups.set(from, [...(groups.get(from) ?? []), resource]);
  }
  return [...groups].flatMap(([from, resources]) => {
    const rewrite = (names: string, how: string): string =>
      `${from} → ${labelKeyName(desired.write)}: rewrite every object of ${names} ${how}`;
    const most = resources.filter((resource) => !isOtherwise(resource));
    const rest = resources.filter(isOtherwise).sort();
    return [
      ...(most.length > 0 ? [rewrite(namesToMigrate(live, desired, alike, most), facts.how)] : []),
      ...rest.map((resource) => rewrite(resource, facts.otherwise?.[resource] ?? facts.how)),
    ];
  });
}

/** What neither writes nor is to be read any more goes, once the proof is there. */
export function planRetire(live: EncryptionConfiguration, desired: DesiredKeys, backup?: CommandBackupArgs): string[] {
  const steps = retirements(live, desired).map(({ patterns, before: was, after: is, gone }) => {
    const archived = gone.filter(({ name }) => desired.archive.includes(name));
    const kept = archived.length === 0 ? "" : `; archive keeps the bytes made here for ${labels(archived)}`;
    const once = `${labels(gone)} can go once every object is proven to be written with ${labelKeyName(desired.write)}`;
    return `${patterns.join(", ")}: ${describeOrders(was, is)}: ${once}${kept}`;
  });
  const saved = backup !== undefined && steps.length > 0;
  return saved ? [`etcd: ${describeBackupArgs(backup)}`, ...steps] : steps;
}

/** The keys that retire takes away, by label, sorted; of several patterns each once. */
export function planRetiredKeys(live: EncryptionConfiguration, desired: DesiredKeys): string[] {
  return [...new Set(retirements(live, desired).flatMap(({ gone }) => gone.map(labelKeyName)))].sort();
}

interface Retirement extends OrderChange {
  gone: KeyName[];
}

function retirements(live: EncryptionConfiguration, desired: DesiredKeys): Retirement[] {
  const before = simulateStages("promote", simulateStages("distribute", live, desired), desired);
  const after = simulateStages("retire", before, desired);
  return changesOf(desired, before, after).map((change) => ({
    ...change,
    gone: change.before.filter((key) => !change.after.some((each) => isSameKeyName(each, key))),
  }));
}

function isProven(live: EncryptionConfiguration, desired: DesiredKeys, facts: MigrateFacts, resource: string): boolean {
  const [writes] = effectiveKeyOrder(live, resource);
  return writes !== undefined && isSameKeyName(writes, desired.write) && facts.proven.includes(resource);
}

/** A pattern stands for its resources while all of them are due: those of a wildcard may change during a rollout. */
function namesToMigrate(
  live: EncryptionConfiguration,
  desired: DesiredKeys,
  facts: MigrateFacts,
  resources: readonly string[],
): string {
  const names = resources.map((resource) => {
    const pattern = reachingResourcePattern(live, desired.resources, resource);
    const alike = facts.resources.filter((each) => reachingResourcePattern(live, desired.resources, each) === pattern);
    return pattern !== undefined && alike.every((each) => resources.includes(each)) ? pattern : resource;
  });
  return [...new Set(names)].sort().join(", ");
}

/** No other key is readable, yet nothing shows that no object is left from before. */
function planUnseenResources({ write }: DesiredKeys): string {
  return write.kind === "kms" ? `${labelKeyName(write)} under earlier key ids` : "unproven";
}

interface OrderChange {
  patterns: string[];
  before: KeyName[];
  after: KeyName[];
}

/** Patterns with the same keys before and the same after share a sentence. */
function changesOf(desired: DesiredKeys, left: EncryptionConfiguration, right: EncryptionConfiguration): OrderChange[] {
  const changes: OrderChange[] = [];
  for (const pattern of desired.resources) {
    const before = keyNamesOf(effectiveProviders(left, pattern));
    const after = keyNamesOf(effectiveProviders(right, pattern));
    if (labels(before) === labels(after)) continue;
    const alike = changes.find((each) => describeOrders(each.before, each.after) === describeOrders(before, after));
    if (alike === undefined) changes.push({ patterns: [pattern], before, after });
    else alike.patterns.push(pattern);
  }
  return changes;
}

function timeoutChanges(live: EncryptionConfiguration, after: EncryptionConfiguration): string[] {
  const of = ({ entries }: EncryptionConfiguration): Map<string, string> =>
    new Map(
      entries.flatMap(({ providers }) =>
        providers.flatMap((each) => (each.kind === "kms" ? [[each.name, each.timeout ?? "3s"] as const] : [])),
      ),
    );
  const before = of(live);
  return [...of(after)].flatMap(([name, timeout]) => {
    const was = before.get(name);
    return was === undefined || was === timeout ? [] : [`kms:${name}: timeout ${was} → ${timeout}`];
  });
}

function describeOrders(before: readonly KeyName[], after: readonly KeyName[]): string {
  return `[${labels(before)}] → [${labels(after)}]`;
}

function labels(keys: readonly KeyName[]): string {
  return keys.map(labelKeyName).join(", ");
}

/** What all phases plan, in their order. */
export function planEveryPhase(
  { configuration }: LiveConfiguration,
  { desired }: RotationInputs,
  facts: MigrateFacts,
): [distribute: string[], promote: string[], migrate: string[], retire: string[]] {
  return [
    planDistribute(configuration, desired),
    planPromote(configuration, desired),
    planRotationMigrate(configuration, desired, facts),
    planRetire(configuration, desired),
  ];
}
