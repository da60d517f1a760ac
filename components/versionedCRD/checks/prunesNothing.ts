import { storageVersion, versionNamesOfDefinition, type Definition, type Version } from "../../crd/definition";
import { isNewerVersion } from "../../crd/versionNames";
import { boundedList, describeProblem } from "../../kubernetes/problem";
import { howToAskForWayBack } from "../../rollback/howToAsk";
import { versionsThatMayBeStored } from "../../migration/definition/mayBeStored";
import { servedStage, withdrawnVersions } from "../stages";
import { prunedFields } from "../../compatibility/prunedFields";
import { isWebhookConversion } from "../../crd/conversion";

const SHOWN = 10;

/** Without a webhook, a rewrite deletes every field that the new storage version's schema does not know. */
export function prunesNothing(manifest: Definition, live: Definition | undefined): string[] {
  const to = manifest.spec.versions.find(({ storage }) => storage);
  if (to === undefined || isWebhookConversion(manifest.spec.conversion)) return [];
  const crd = manifest.metadata.name;
  const found = sourceVersions(manifest, live).flatMap((from) => {
    const lost = prunedFields(from.schema?.openAPIV3Schema, to.schema?.openAPIV3Schema);
    return lost.length === 0 ? [] : [describePruned(crd, from.name, to.name, lost, live)];
  });
  return [...new Set(found)];
}

/** What objects can look like: every version to come, and of the live ones those that go and the one in storage. */
function sourceVersions(manifest: Definition, live: Definition | undefined): Version[] {
  const toCome = manifest.spec.versions;
  if (live === undefined) return toCome;
  const storage = live.spec.versions.filter(({ name }) => name === storageVersion(live));
  // Where the live webhook is kept until drop, it converts what is stored in the versions that go.
  if (isWebhookConversion(servedStage(manifest, live, "").spec.conversion)) return toCome;
  const leftover = withdrawnVersions(live, versionNamesOfDefinition(manifest));
  return [...toCome, ...storage, ...leftover];
}

function isWayBack(live: Definition | undefined, to: string): boolean {
  return live !== undefined && isNewerVersion(storageVersion(live), to);
}

/** Where objects may be stored: only these are rewritten. */
function mayBeStored(live: Definition | undefined, version: string): boolean {
  return live !== undefined && versionsThatMayBeStored(live, undefined).includes(version);
}

function describePruned(crd: string, from: string, to: string, lost: string[], live: Definition | undefined): string {
  const fields = boundedList(lost, SHOWN);
  if (from === to) {
    return describeProblem({
      what: `${crd}: objects are stored in ${to}, and its schema in the manifest lacks ${fields}, which the cluster's has`,
      expected: "every field",
      why: "a rewrite would delete these fields from every object",
      next: "put them back, or change them in a new version with a conversion webhook",
    });
  }
  const isStored = mayBeStored(live, from);
  const orStore = !isStored && isNewerVersion(from, to) ? `, make ${from} the storage version` : "";
  const orCount = isWayBack(live, to) ? `; ${howToAskForWayBack(crd, to)} counts the objects that have them` : "";
  return describeProblem({
    what: `${crd}: conversion is None and ${to}'s schema lacks ${fields} of ${from}`,
    expected: `every field of ${from} in ${to}`,
    why: isStored
      ? `the rewrite ${from} → ${to} would delete these fields from every object`
      : `what is written as ${from} is stored as ${to}, which loses these fields`,
    next: `add the fields to ${to}${orStore}, or give a conversion webhook${orCount}`,
  });
}
