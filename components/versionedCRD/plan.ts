import { describeBackupArgs, type BackupArgs } from "../backup/args";
import { canonicalText } from "../crd/canonical";
import { storageVersion, type Definition, type Version } from "../crd/definition";
import { FIELD_MANAGER } from "../crd/names";
import { planDefinitionVersionsToRehearse } from "../migration/definition/plan";
import {
  hasValidRehearsal,
  recordedDropping,
  recordedUnfinishedDrop,
} from "../migration/definition/recordedOnDefinition";
import { describeFieldManager } from "./fieldManagers";
import { fieldsWeOwn } from "./fieldsWeOwn";
import { servedStage, withdrawnVersions } from "./stages";
import { describeConversion } from "../crd/conversion";

/**
 * What each phase will do, as sentences keyed by from → to.
 *
 * Rules: a plan is a pure function of the live definition and the phase's own inputs; it is the same whether it is
 * computed before the earlier phases ran or after; it is empty exactly when the phase has nothing to do; it names no
 * number that moves by itself (object counts, times).
 */

/** @param takenOver field managers that lose what they own of the definition */
export function planServe(
  live: Definition | undefined,
  manifest: Definition,
  owner: string,
  takenOver: readonly string[] = [],
): string[] {
  const name = manifest.metadata.name;
  if (live === undefined) {
    const versions = manifest.spec.versions.map(describeVersion).join(", ");
    return [`(none) → ${name}: create with ${versions}; conversion ${describeConversion(manifest.spec.conversion)}`];
  }
  const intent = servedStage(manifest, live, owner);
  const ours = fieldsWeOwn(live);
  if (
    takenOver.length === 0 &&
    canonicalText({ ...intent }) ===
      canonicalText({ ...ours, apiVersion: live.apiVersion, kind: live.kind, metadata: { ...ours.metadata, name } })
  )
    return [];
  const sentences = [...versionChanges(live, intent), ...conversionChange(live, intent), ...otherChanges(live, intent)];
  const taken = takenOver.map((manager) => `${describeFieldManager(manager)} → ${FIELD_MANAGER}: take its fields over`);
  const all = [...taken, ...sentences];
  return all.length > 0 ? all : [`${name}: take over its fields by server-side apply`];
}

/** Does this plan of serve make the definition? */
export function isCreationPlan(plan: readonly string[] = []): boolean {
  return plan[0]?.startsWith("(none) → ") === true && plan[0].includes(": create with ");
}

export interface RehearseRequest {
  version: string;
  /** Digest of the manifest's spec: a rehearsal speaks for exactly this one. */
  schema: string;
  /** The manifest's versions, true where served: serve may still be about to add them. */
  versions: Record<string, boolean>;
  /** The rollout is held right after the rehearsal: one that is done need not be done again at every run. */
  stopsHere: boolean;
}

export function planRehearse(live: Definition | undefined, request: RehearseRequest): string[] {
  if (live === undefined) return [];
  const from = planDefinitionVersionsToRehearse(live, request.version, request.versions);
  const flips = storageVersion(live) !== request.version;
  if (from.length === 0) return [];
  if ((request.stopsHere || !flips) && hasValidRehearsal(live, request.version, request.schema)) return [];
  return [`${from.join(", ")} → ${request.version}: ask the API server by dry run about every object; writes nothing`];
}

export function planStore(live: Definition | undefined, version: string): string[] {
  if (live === undefined || storageVersion(live) === version) return [];
  return [`storage ${storageVersion(live)} → ${version}: one edit, then every API server must agree`];
}

export function planDrop(live: Definition | undefined, manifest: string[], backup?: BackupArgs): string[] {
  if (live === undefined) return [];
  const names = withdrawnVersions(live, manifest).map(({ name }) => name);
  const saved = backup !== undefined && names.length > 0;
  const steps = [
    ...(saved ? [`${names.join(", ")} → (none): ${describeBackupArgs(backup)}`] : []),
    ...names.map(
      (name) => `${name} → (none): unserve, wait for requests in flight, move managedFields, remove, list everything`,
    ),
  ];
  const unfinished = recordedUnfinishedDrop(live);
  if (unfinished.length > 0) return [...steps, `${unfinished.join(", ")} → (none): was interrupted; list everything`];
  const announced = recordedDropping(live)?.versions ?? [];
  return steps.length === 0 && announced.length > 0
    ? [
        `${announced.join(", ")}: stays; withdraw the announcement that it is being dropped, which an interrupted run left`,
      ]
    : steps;
}

function describeVersion({ name, served: isServed, storage }: Version): string {
  return `${name} (${[isServed ? "served" : "not served", ...(storage ? ["storage"] : [])].join(", ")})`;
}

function versionChanges(live: Definition, intent: Definition): string[] {
  return intent.spec.versions.flatMap((wanted) => {
    const found = live.spec.versions.find(({ name }) => name === wanted.name);
    if (found === undefined) {
      return [
        `(none) → ${wanted.name}: add, ${wanted.served ? "served" : "not served"}; storage stays ${storageVersion(live)}`,
      ];
    }
    const keys = [...new Set([...Object.keys(found), ...Object.keys(wanted)])].sort();
    const changed = keys.filter((key) => !isAlike(key, found[key], wanted[key]) && key !== "served");
    const servedNow =
      found.served === wanted.served ? [] : [`${wanted.name}: served ${found.served} → ${wanted.served}`];
    return [...(changed.length > 0 ? [`${wanted.name}: change ${changed.join(", ")}`] : []), ...servedNow];
  });
}

function conversionChange(live: Definition, intent: Definition): string[] {
  const from = describeConversion(live.spec.conversion);
  const to = describeConversion(intent.spec.conversion);
  if (from !== to) return [`conversion ${from} → ${to}`];
  const wanted = intent.spec.conversion?.webhook?.clientConfig?.caBundle;
  const found = live.spec.conversion?.webhook?.clientConfig?.caBundle;
  if (wanted !== undefined && wanted !== found) return [`conversion ${to}: new caBundle`];
  return contains(live.spec.conversion, intent.spec.conversion) ? [] : [`conversion ${to}: change how it is called`];
}

function otherChanges(live: Definition, intent: Definition): string[] {
  const ours = fieldsWeOwn(live);
  const spec = [...new Set([...Object.keys(intent.spec), ...Object.keys(ours.spec ?? {})])]
    .filter((key) => !["versions", "conversion"].includes(key))
    .filter((key) => isChanged(live.spec[key], intent.spec[key], ours.spec?.[key], key))
    .map((key) => `spec.${key}`);
  const metadata = (["labels", "annotations"] as const)
    .filter((key) => isChanged(live.metadata[key], intent.metadata[key], ours.metadata?.[key], key))
    .map((key) => `metadata.${key}`);
  const changed = [...spec, ...metadata].sort();
  return changed.length === 0 ? [] : [`${intent.metadata.name}: change ${changed.join(", ")}`];
}

/** Something wanted is not there yet, or something that we applied is no longer wanted. */
function isChanged(live: unknown, wanted: unknown, ours: unknown, key: string): boolean {
  return !contains(live, wanted, key) || !contains(wanted, ours, key);
}

/** Everything wanted is there; what the server added to it does not count. */
function contains(found: unknown, wanted: unknown, key = ""): boolean {
  if (wanted === undefined) return true;
  if (typeof wanted !== "object" || wanted === null || Array.isArray(wanted)) return isAlike(key, found, wanted);
  const there = (found ?? {}) as Record<string, unknown>;
  return Object.entries(wanted).every(([name, value]) => contains(there[name], value, name));
}

function isAlike(key: string, left: unknown, right: unknown): boolean {
  return canonicalText({ [key]: left }) === canonicalText({ [key]: right });
}
