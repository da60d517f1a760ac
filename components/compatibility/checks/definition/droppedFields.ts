import { type Definition, type Version } from "../../../crd/definition";
import type { Change, DefinitionCheck } from "../../check";
import { prunedFieldsWithSchema } from "../../prunedFields";
import { shapeComparer } from "../../shapes";
import { isWebhookConversion } from "../../../crd/conversion";

interface Dropped {
  readonly path: string;
  readonly what: string;
}

/** Versions that somebody may write through or in which objects may be stored. */
const versionsInUse = ({ spec }: Definition): Version[] =>
  spec.versions.filter(({ served, storage }) => served || storage);

/**
 * With conversion None: each field that one of the versions `lacking` lacks and another version in use has. A webhook's
 * conversion has laws for this.
 */
function droppedFields(definition: Definition, lacking: (version: Version) => boolean): Dropped[] {
  if (isWebhookConversion(definition.spec.conversion)) return [];
  const versions = versionsInUse(definition);
  const isSame = shapeComparer();
  return versions.filter(lacking).flatMap((version) => droppedBy(version, versions, isSame));
}

function droppedBy(
  lacking: Version,
  versions: readonly Version[],
  isSame: ReturnType<typeof shapeComparer>,
): Dropped[] {
  const owners = new Map<string, { reason: string; names: string[] }>();
  for (const version of versions) {
    if (version === lacking) continue;
    for (const { path, reason = "no such field" } of prunedFieldsWithSchema(
      schemaOf(version),
      schemaOf(lacking),
      isSame,
    )) {
      const known = owners.get(path) ?? { reason, names: [] };
      known.names.push(version.name);
      owners.set(path, known);
    }
  }
  return [...owners].map(([path, { reason, names }]) => ({
    path: lacking.name + path,
    what: `${names.join(", ")} → ${lacking.name}: ${reason}, and conversion is None`,
  }));
}

const schemaOf = (version: Version) => version.schema?.openAPIV3Schema;

/** What the new CRD drops and the old one did not: what was as bad before is nobody's news. */
function newlyDropped(old: Definition, next: Definition, byStorage: boolean): (Change & { below: string })[] {
  const before = droppedFields(old, ({ storage }) => storage || !byStorage);
  const known = new Set(before.map(({ path }) => path));
  return droppedFields(next, ({ storage }) => storage === byStorage)
    .filter(({ path }) => !known.has(path))
    .map(({ path, what }) => ({ below: path, what }));
}

export const storedFieldDropped: DefinitionCheck = {
  id: "stored-field-dropped",
  severity: "error",
  explain:
    "Conversion is None, and the storage version lacks a field of another version in use, has it with another type, or keeps fewer keys; also inside lists and maps. What the old CRD lacked in the same way is no finding.",
  why: "The field is never stored: each write through the other version loses it, and a rewrite to the storage version deletes it from every object.",
  fix: "Add the field to the storage version, or give a conversion webhook.",
  keys: ["versions", "conversion"],
  compare: (old, next) => newlyDropped(old, next, true),
};

export const fieldDroppedByWriters: DefinitionCheck = {
  id: "field-dropped-by-writers",
  severity: "warning",
  explain: "The same for a version that is served and not the storage version.",
  why: "Everyone who reads an object through this version and writes it back deletes the field from it, unasked.",
  fix: "Add the field to this version as well, give a conversion webhook, or stop to serve the version once nobody writes through it.",
  keys: ["versions", "conversion"],
  compare: (old, next) => newlyDropped(old, next, false),
};
