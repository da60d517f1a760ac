import { storageVersion, type Definition, type Version } from "../../../crd/definition";
import type { DefinitionCheck } from "../../check";

/** Versions in which objects may be stored: those that the live CRD names, and the storage version in any case. */
const storedVersions = (definition: Definition): Set<string> =>
  new Set([storageVersion(definition), ...(definition.status?.storedVersions ?? [])]);

function removedVersions(old: Definition, next: Definition): Version[] {
  const after = new Set(next.spec.versions.map(({ name }) => name));
  return old.spec.versions.filter(({ name }) => !after.has(name));
}

const isServed = (definition: Definition, name: string): boolean =>
  definition.spec.versions.some((version) => version.name === name && version.served);

export const servedVersionRemoved: DefinitionCheck = {
  id: "served-version-removed",
  severity: "error",
  explain:
    "A version that was served is gone. Not looked at for a VersionedCRD, whose drop phase has gates of its own.",
  why: "Clients of the version get 404, and objects whose owner references name it are never collected with their owner.",
  fix: "Serve it on, and take it out with VersionedCRD, whose drop phase looks for those who still use it.",
  keys: ["versions"],
  safeInRollout: true,
  compare: (old, next) =>
    removedVersions(old, next)
      .filter(({ served }) => served)
      .map(({ name }) => ({ below: name, what: "served → removed" })),
};

export const storedVersionRemoved: DefinitionCheck = {
  id: "stored-version-removed",
  severity: "error",
  explain:
    "A version in which objects may be stored is gone: the storage version, or one that status.storedVersions of a live CRD names. Not looked at for a VersionedCRD.",
  why: "The API server refuses it while status.storedVersions names the version; where it does not, what is stored in it cannot be read.",
  fix: "Rewrite every object first, with VersionedCRD or a StorageVersionMigration, then take the version out.",
  keys: ["versions"],
  safeInRollout: true,
  compare: (old, next) =>
    removedVersions(old, next)
      .filter(({ name }) => storedVersions(old).has(name))
      .map(({ name }) => ({ below: name, what: "stored → removed" })),
};

export const unservedVersionRemoved: DefinitionCheck = {
  id: "unserved-version-removed",
  severity: "info",
  explain:
    "A version that was not served, and in which nothing is known to be stored, is gone. Not looked at for a VersionedCRD.",
  why: "No client used it; a file does not say whether objects are still stored in it.",
  fix: "Look at status.storedVersions of each live CRD first.",
  keys: ["versions"],
  safeInRollout: true,
  compare: (old, next) =>
    removedVersions(old, next)
      .filter(({ name, served }) => !served && !storedVersions(old).has(name))
      .map(({ name }) => ({ below: name, what: "not served → removed" })),
};

export const versionUnserved: DefinitionCheck = {
  id: "version-unserved",
  severity: "error",
  explain: "A version that was served is there, but with `served: false`.",
  why: "Clients of the version get 404, and objects whose owner references name it are never collected with their owner.",
  fix: "Serve it on until nobody uses it.",
  keys: ["versions"],
  compare: (old, next) =>
    next.spec.versions
      .filter(({ name, served }) => !served && isServed(old, name))
      .map(({ name }) => ({ below: name, what: "served true → false" })),
};

export const storageFlippedUnsafely: DefinitionCheck = {
  id: "storage-flipped-unsafely",
  severity: "error",
  explain:
    "`storage: true` moves to a version that the old CRD does not have or does not serve. Not looked at for a VersionedCRD, which serves it first.",
  why: "API servers take up the change one after the other: one writes the new version while another cannot read it yet.",
  fix: "Use VersionedCRD, or make two steps of it: serve the version everywhere, then move storage.",
  keys: ["versions"],
  safeInRollout: true,
  compare: (old, next) => {
    const [from, to] = [storageVersion(old), storageVersion(next)];
    if (from === to || isServed(old, to)) return [];
    return [{ below: to, what: `storage version ${from} → ${to}, which the old CRD does not serve` }];
  },
};
