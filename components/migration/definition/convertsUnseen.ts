import { prunedFields } from "../../compatibility/prunedFields";
import { isWebhookConversion } from "../../crd/conversion";
import { type Definition, schemaOfDefinition, servedVersionNames, storageVersion } from "../../crd/definition";
import { boundedList, type Problem } from "../../kubernetes/problem";
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

/** Why objects of a version that is not served, so that no rehearsal sees what they hold, must not be rewritten; undefined where nothing is lost. */
export function whyLostUnseen(live: Definition): Problem | undefined {
  const to = storageVersion(live);
  const { name } = live.metadata;
  const served = servedVersionNames(live);
  const unserved = otherStoredVersions(live).filter((from) => !served.includes(from));
  const next = "serve that version until the objects are migrated, in whatever manages the CRD";
  if (unserved.length > 0 && isWebhookConversion(live.spec.conversion)) {
    return {
      what: `${name}: objects may be stored in ${boundedList(unserved, SHOWN)}, which is not served, and a webhook converts them to ${to}`,
      expected: "that version served, so that a rehearsal sees what the webhook makes of them",
      why: "what it loses would be lost unseen",
      next,
    };
  }
  const losing = unserved.find((from) => fieldsLostBetween(live, from, to).length > 0);
  if (losing === undefined) return undefined;
  return {
    what: `${name}: ${describeLost(live, losing, to)}`,
    expected:
      "that version served, so that a rehearsal sees which objects have them, or these fields in the storage version",
    why: "the rewrite would delete them from every object, unseen",
    next,
  };
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
