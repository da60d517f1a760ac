import type { Definition, Version } from "../crd/definition";
import { toFinding } from "./check";
import { DEFINITION_CHECKS, VERSION_CHECKS } from "./checks";
import { compareSchemas } from "./compareSchemas";
import { sortFindings, type Finding } from "./finding";

export interface Comparison {
  /** The change is made by a VersionedCRD: leave out what its order of steps and its gates make safe. Default: false. */
  rollout?: boolean;
}

/** All that somebody may feel of the change from `old` (a file, or the live CRD) to `next`, without a cluster. */
export function compareDefinitions(old: Definition, next: Definition, { rollout = false }: Comparison = {}): Finding[] {
  const checks = DEFINITION_CHECKS.filter(({ safeInRollout }) => !(rollout && safeInRollout === true));
  return sortFindings([
    ...checks.flatMap((check) => check.compare(old, next).map(({ below, what }) => toFinding(check, below, what))),
    ...commonVersions(old, next).flatMap(([before, after]) => compareVersions(before, after)),
  ]);
}

function commonVersions(old: Definition, next: Definition): [Version, Version][] {
  const byName = new Map(next.spec.versions.map((version) => [version.name, version]));
  return old.spec.versions.flatMap((version): [Version, Version][] => {
    const peer = byName.get(version.name);
    return peer === undefined ? [] : [[version, peer]];
  });
}

function compareVersions(old: Version, next: Version): Finding[] {
  const hasClients = old.served && next.served;
  return [
    ...VERSION_CHECKS.flatMap((check) =>
      check.compare(old, next).map(({ below = "", what }) => toFinding(check, old.name + below, what)),
    ),
    ...compareSchemas(old.name, schemaOf(old), schemaOf(next), hasClients),
  ];
}

const schemaOf = (version: Version) => version.schema?.openAPIV3Schema ?? {};
