import { describePrunedField, prunedFieldsWithSchema } from "../compatibility/prunedFields";
import { isWebhookConversion } from "../crd/conversion";
import type { Definition, Schema } from "../crd/definition";
import { describeCount } from "../kubernetes/count";
import { objectsOfRollbackFacts, type ObjectsRead, type RollbackFacts } from "./facts";
import { countFieldUses } from "./usedFields";

/** What one version's schema holds and that of the version to go back to does not. */
export interface LostFields {
  /** In which objects are or may be stored. */
  readonly version: string;
  readonly fields: readonly FieldUse[];
  readonly read: ObjectsRead;
  /** Nothing keeps them, and not every object is known to be without. */
  readonly blocks: boolean;
}

export interface FieldUse {
  /** `.spec.hosts[].name`, with why it is lost where it is not simply missing. */
  readonly field: string;
  /** How many of the objects that were read have it; absent where none could be read. */
  readonly objects?: number;
}

/**
 * For each version in which an object may be stored, the storage version first. Nothing where the version is gone.
 *
 * Conversion None changes apiVersion alone, and what the storage version's schema does not know is deleted at the next write. A
 * webhook may keep it somewhere.
 */
export function lostFields({ live, to, read }: RollbackFacts): LostFields[] {
  const target = schemaAtVersion(live, to);
  if (target === undefined) return [];
  return Object.entries(read)
    .filter(([version]) => version !== to)
    .map(([version, objects]) => {
      const fields = usesOfLostFields(schemaAtVersion(live, version), target, objects);
      return {
        version,
        fields,
        read: objects,
        blocks: !isWebhookConversion(live.spec.conversion) && !areLostFieldsUnused(fields, objects),
      };
    })
    .filter(({ fields }) => fields.length > 0);
}

function schemaAtVersion(live: Definition, version: string): Schema | undefined {
  const found = live.spec.versions.find(({ name }) => name === version);
  return found === undefined ? undefined : (found.schema?.openAPIV3Schema ?? {});
}

function usesOfLostFields(from: Schema | undefined, to: Schema, read: ObjectsRead): FieldUse[] {
  const lost = prunedFieldsWithSchema(from, to);
  const objects = objectsOfRollbackFacts(read);
  const uses = objects === undefined ? [] : countFieldUses(lost, objects, to);
  return lost
    .map((field, index) => {
      const count = uses[index];
      return { field: describePrunedField(field), ...(count !== undefined && { objects: count }) };
    })
    .sort((left, right) => (left.field < right.field ? -1 : 1));
}

/** Nobody has them: every object was read. */
function areLostFieldsUnused(fields: readonly FieldUse[], read: ObjectsRead): boolean {
  return read.state === "read" && read.isAll && fields.every(({ objects }) => objects === 0);
}

/** `.spec.tier: 2 objects`. */
export function describeLostField({ field, objects }: FieldUse): string {
  if (objects === undefined) return field;
  return `${field}: ${objects === 0 ? "no object" : describeCount(objects, "object")}`;
}
