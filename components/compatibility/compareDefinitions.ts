import { schemaOfVersion, type Definition, type Version } from "../crd/definition";
import { makeFindingOfCheck } from "./check";
import { DEFINITION_CHECKS, VERSION_CHECKS } from "./checks";
import { compareSchemas } from "./compareSchemas";
import { sortFindings, type Finding } from "./finding";
import { leftOverKeys } from "./leftOverKeys";
import { stricterStorage } from "./stricterStorage";

export interface Comparison {
  /** The change is made by a VersionedCRD: leave out what its order of steps and its gates make safe. Default: false. */
  rollout?: boolean;
}

/** All that somebody may feel of the change from `old` (a file, or the live CRD) to `next`, without a cluster. */
export function compareDefinitions(old: Definition, next: Definition, { rollout = false }: Comparison = {}): Finding[] {
  const checks = DEFINITION_CHECKS.filter(({ safeInRollout }) => !(rollout && safeInRollout === true));
  return sortFindings([
    ...checks.flatMap((check) =>
      check.compare(old, next).map(({ below, what }) => makeFindingOfCheck(check, below, what)),
    ),
    ...leftOverOfSpec(old, next),
    ...(rollout ? [] : stricterStorage(old, next)), // a rollout asks the API server about every object
    ...commonVersions(old, next).flatMap(([before, after]) => compareVersions(before, after)),
  ]);
}

const SPEC_KEYS = DEFINITION_CHECKS.flatMap(({ keys }) => keys);
const CONSUMED_OF_SPEC = new Set(["names", ...SPEC_KEYS]);
const CONSUMED_OF_NAMES = new Set(SPEC_KEYS.map((key) => key.replace(/^names\./, "")));

function leftOverOfSpec({ spec: old }: Definition, { spec: next }: Definition): Finding[] {
  return [
    ...leftOverKeys("spec", old, next, CONSUMED_OF_SPEC),
    ...leftOverKeys("spec.names", old.names, next.names, CONSUMED_OF_NAMES),
    // Where the webhook answers is no matter of compatibility.
    ...leftOverKeys("spec.conversion", old.conversion ?? {}, next.conversion ?? {}, new Set(["strategy", "webhook"])),
  ];
}

function commonVersions(old: Definition, next: Definition): [Version, Version][] {
  const byName = new Map(next.spec.versions.map((version) => [version.name, version]));
  return old.spec.versions.flatMap((version): [Version, Version][] => {
    const peer = byName.get(version.name);
    return peer === undefined ? [] : [[version, peer]];
  });
}

/** The keys that checks of versions or of the CRD consume, and those in which nothing can break anyone. */
const CONSUMED_OF_VERSION = new Set([
  ...VERSION_CHECKS.flatMap(({ keys }) => keys),
  ...["name", "served", "storage", "schema", "deprecated", "deprecationWarning"],
]);

/** A version that nobody can reach before or after may change as it likes, as long as what is stored in it stays whole. */
function compareVersions(old: Version, next: Version): Finding[] {
  const hasClients = old.served && next.served;
  const checks = hasClients ? VERSION_CHECKS : [];
  return [
    ...checks.flatMap((check) =>
      check.compare(old, next).map(({ below = "", what }) => makeFindingOfCheck(check, old.name + below, what)),
    ),
    ...leftOverKeys(old.name, old, next, CONSUMED_OF_VERSION),
    ...leftOverKeys(
      `${old.name}.subresources`,
      subresourcesOf(old),
      subresourcesOf(next),
      new Set(["status", "scale"]),
    ),
    ...compareSchemas(old.name, schemaOfVersion(old), schemaOfVersion(next), hasClients),
  ];
}

const subresourcesOf = (version: Version): object => version["subresources"] ?? {};
