import { schemaOfVersion, storageVersion, type Definition, type Version } from "../../crd/definition";
import { compareDefinitions } from "../../compatibility/compareDefinitions";
import { compareVersionNames, parseVersionName } from "../../crd/versionNames";
import type { Pair } from "../inputs/pairs";
import { findSchemaChanges, type SchemaChanges, isEmptySchemaChanges } from "./schemaChanges";
import { judgeKeptVersionName, judgeNewVersionName } from "./judgeVersionName";
import { describeConversion } from "../../crd/conversion";

/** What a changelog says of one CRD. */
export interface CrdNotes {
  readonly crd: string;
  /** Absent where it is in both. */
  readonly is?: "added" | "removed";
  readonly conversion?: string;
  readonly versions: readonly VersionNotes[];
}

export interface VersionNotes {
  readonly version: string;
  /** `added`, `served`, `no longer storage`, … */
  readonly is: readonly string[];
  /** The version that the schema is compared with; absent where it is the version itself as OLD has it. */
  readonly follows?: string;
  readonly schema?: SchemaChanges;
  /** What the rules for versions say of it. */
  readonly rules: readonly string[];
}

export function makeCrdNotes({ crd, old, next }: Pair): CrdNotes {
  if (old === undefined || next === undefined) {
    const definition = (old ?? next)?.definition;
    const is = old === undefined ? "added" : "removed";
    const versions = definition?.spec.versions.map((version) => ({
      version: version.name,
      is: flags(version),
      rules: [],
    }));
    return { crd, is, versions: sortedVersionNotes(versions ?? []) };
  }
  const [before, after] = [old.definition, next.definition];
  const names = new Set([...before.spec.versions, ...after.spec.versions].map(({ name }) => name));
  const versions = sortedVersionNotes([...names].map((name) => versionNotes(name, before, after)));
  const [from, to] = [before, after].map(({ spec }) => describeConversion(spec.conversion));
  return {
    crd,
    ...(from !== to && { conversion: `${from} → ${to}` }),
    versions: versions.filter(
      ({ is, schema, rules }) => is.length > 0 || rules.length > 0 || !isEmptySchemaChanges(schema),
    ),
  };
}

function sortedVersionNotes(versions: readonly VersionNotes[]): VersionNotes[] {
  return [...versions].sort((left, right) => compareVersionNames(right.version, left.version));
}

function versionNotes(name: string, old: Definition, next: Definition): VersionNotes {
  const [before, after] = [old, next].map(({ spec }) => spec.versions.find((version) => version.name === name));
  if (after === undefined) return { version: name, is: ["removed"], rules: removalRules(before) };
  if (before === undefined) return newVersion(after, old, next);
  const broken = judgeKeptVersionName(name, countBreaks(before, after, next));
  return {
    version: name,
    is: flagChanges(before, after),
    schema: findSchemaChanges(schemaOfVersion(before), schemaOfVersion(after)),
    rules: broken === undefined ? [] : [broken],
  };
}

function newVersion(version: Version, old: Definition, next: Definition): VersionNotes {
  const is = ["added", ...flags(version)];
  const others = [...next.spec.versions, ...old.spec.versions].filter(({ name }) => name !== version.name);
  const lower = others.filter(({ name }) => compareVersionNames(name, version.name) < 0);
  const previous = lower.reduce<Version | undefined>(newestVersion, undefined);
  const released = old.spec.versions.reduce<Version | undefined>(newestVersion, undefined)?.name;
  const storage = version.storage ? [storageRule(version.name, storageVersion(old))] : [];
  if (previous === undefined) {
    return { version: version.name, is, rules: [judgeNewVersionName(version.name, "", 0, released), ...storage] };
  }
  const breaks = countBreaks(previous, version, next);
  return {
    ...{ version: version.name, is, follows: previous.name },
    schema: findSchemaChanges(schemaOfVersion(previous), schemaOfVersion(version)),
    rules: [judgeNewVersionName(version.name, previous.name, breaks, released), ...storage],
  };
}

/** The first of equal names stays: NEW's. */
function newestVersion(known: Version | undefined, other: Version): Version {
  return known === undefined || compareVersionNames(other.name, known.name) > 0 ? other : known;
}

/** https://kubernetes.io/docs/reference/using-api/deprecation-policy/#deprecating-parts-of-the-api, rule 4b */
function storageRule(name: string, before: string): string {
  return `storage moves ${before} → ${name} in the release that adds ${name}: one that serves both should come before`;
}

function removalRules(version: Version | undefined): string[] {
  if (parseVersionName(version?.name ?? "")?.stage === "alpha") return []; // an alpha version may go without a word
  const isUsed = version?.served === true && version["deprecated"] !== true;
  return isUsed ? [`${version.name} was served and not deprecated: its clients were not warned`] : [];
}

/** How many errors `check` would find, were both served below one name. */
function countBreaks(old: Version, next: Version, { spec, ...rest }: Definition): number {
  const alone = (version: Version): Definition => {
    const only = { ...version, name: next.name, served: true, storage: true };
    return { ...rest, spec: { ...spec, versions: [only] } };
  };
  return compareDefinitions(alone(old), alone(next)).filter(({ severity }) => severity === "error").length;
}

const FLAGS = ["served", "storage", "deprecated"] as const;

function flags(version: Version): string[] {
  const set = FLAGS.filter((flag) => version[flag] === true);
  return version.served ? set : ["not served", ...set];
}

function flagChanges(old: Version, next: Version): string[] {
  return FLAGS.filter((flag) => (old[flag] === true) !== (next[flag] === true)).map((flag) =>
    next[flag] === true ? `now ${flag}` : `no longer ${flag}`,
  );
}
