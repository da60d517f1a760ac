import { prunedFields } from "../../compatibility/prunedFields";
import { isWebhookConversion } from "../../crd/conversion";
import { type Definition, schemaOfDefinition, servedVersionNames, storageVersion } from "../../crd/definition";
import { boundedList } from "../../kubernetes/problem";
import { versionsThatMayBeStored } from "./mayBeStored";

const SHOWN = 10;

/** What could be lost where an object is rewritten for another reason than to move it; undefined where nothing is. */
export function whatRewriteMayLose(live: Definition): string | undefined {
  const storage = storageVersion(live);
  if (servedVersionNames(live).includes(storage)) return whatIsConvertedUnseen(live);
  return `the storage version ${storage} is not served`;
}

/**
 * What could be lost where an object is rewritten in the storage version and nobody has rehearsed that; undefined where none is
 * converted, or conversion None loses nothing.
 */
export function whatIsConvertedUnseen(live: Definition): string | undefined {
  const to = storageVersion(live);
  const others = otherStoredVersions(live);
  if (others.length === 0) return undefined;
  if (isWebhookConversion(live.spec.conversion))
    return `objects may be stored in ${boundedList(others, SHOWN)}, which a webhook converts to ${to}`;
  const losing = others.find((from) => fieldsLostBetween(live, from, to).length > 0);
  return losing && describeLost(live, losing, to);
}

/** Of a version that is not served, so that no rehearsal can see what its objects hold; undefined where nothing is lost, or a webhook converts. */
export function whatIsLostUnseen(live: Definition): string | undefined {
  if (isWebhookConversion(live.spec.conversion)) return undefined;
  const to = storageVersion(live);
  const served = servedVersionNames(live);
  const losing = otherStoredVersions(live).find(
    (from) => !served.includes(from) && fieldsLostBetween(live, from, to).length > 0,
  );
  return losing && describeLost(live, losing, to);
}

function otherStoredVersions(live: Definition): string[] {
  return versionsThatMayBeStored(live, undefined).filter((name) => name !== storageVersion(live));
}

function fieldsLostBetween(live: Definition, from: string, to: string): string[] {
  return prunedFields(schemaOfDefinition(live, from), schemaOfDefinition(live, to));
}

function describeLost(live: Definition, from: string, to: string): string {
  const lost = boundedList(fieldsLostBetween(live, from, to), SHOWN);
  return `objects may be stored in ${from}, and ${to}'s schema lacks ${lost} of it`;
}
