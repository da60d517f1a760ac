import type { Check, DefinitionCheck, NodeCheck, VersionCheck } from "../check";
import { conversionRemoved } from "./definition/conversionRemoved";
import { fieldDroppedByWriters, storedFieldDropped } from "./definition/droppedFields";
import { names } from "./definition/names";
import { specPreserveUnknownFieldsOff } from "./definition/preserveUnknownFields";
import { versionPriorityChanged } from "./definition/versionPriority";
import {
  servedVersionRemoved,
  storageFlippedUnsafely,
  storedVersionRemoved,
  unservedVersionRemoved,
  versionUnserved,
} from "./definition/versions";
import { bounds } from "./schema/bounds";
import { combinedSchemas } from "./schema/combinedSchemas";
import { defaultAdded, defaultChanged, defaultRemoved } from "./schema/defaults";
import { embeddedResourceChanged } from "./schema/embeddedResource";
import { enumAdded, enumValueAdded, enumValueRemoved } from "./schema/enums";
import { fieldRemoved } from "./schema/fieldRemoved";
import { formatChanged, formatRemoved } from "./schema/formats";
import { freeKeysRemoved } from "./schema/freeKeysRemoved";
import { listMapKeysChanged, listTypeChanged, mapTypeChanged } from "./schema/merging";
import { multipleOfChanged } from "./schema/multipleOf";
import { nullableAdded, nullableRemoved } from "./schema/nullable";
import { patternChanged } from "./schema/pattern";
import { requiredAdded, requiredRemoved, requiredWithDefault } from "./schema/required";
import { typeChanged } from "./schema/typeChanged";
import { typeWidened } from "./schema/typeWidened";
import { storageVersionStricter } from "./storageVersionStricter";
import { unhandled } from "./unhandled";
import { uniqueItemsAdded } from "./schema/uniqueItems";
import { preserveUnknownFieldsOff, unknownFieldDescribed } from "./schema/unknownFields";
import { validationRuleAdded } from "./schema/validationRules";
import { printerColumnRemoved } from "./version/printerColumnRemoved";
import { selectableFieldRemoved } from "./version/selectableFieldRemoved";
import { scalePathChanged, statusSubresourceAdded, subresourceRemoved } from "./version/subresources";

export const DEFINITION_CHECKS: readonly DefinitionCheck[] = [
  ...names,
  servedVersionRemoved,
  storedVersionRemoved,
  unservedVersionRemoved,
  versionUnserved,
  storageFlippedUnsafely,
  versionPriorityChanged,
  conversionRemoved,
  storedFieldDropped,
  fieldDroppedByWriters,
  specPreserveUnknownFieldsOff,
];

export const VERSION_CHECKS: readonly VersionCheck[] = [
  subresourceRemoved,
  statusSubresourceAdded,
  scalePathChanged,
  selectableFieldRemoved,
  printerColumnRemoved,
];

export const NODE_CHECKS: readonly NodeCheck[] = [
  typeChanged,
  typeWidened,
  fieldRemoved,
  freeKeysRemoved,
  preserveUnknownFieldsOff,
  unknownFieldDescribed,
  requiredAdded,
  requiredWithDefault,
  requiredRemoved,
  enumValueRemoved,
  enumAdded,
  enumValueAdded,
  ...bounds,
  multipleOfChanged,
  uniqueItemsAdded,
  patternChanged,
  formatChanged,
  formatRemoved,
  nullableRemoved,
  nullableAdded,
  defaultAdded,
  defaultChanged,
  defaultRemoved,
  validationRuleAdded,
  ...combinedSchemas,
  listTypeChanged,
  listMapKeysChanged,
  mapTypeChanged,
  embeddedResourceChanged,
];

/** What the comparison itself finds. */
export const OTHER_CHECKS: readonly Check[] = [storageVersionStricter, unhandled];

/** Every check there is, as docs/checks.md lists them. */
export const CHECKS: readonly Check[] = [...DEFINITION_CHECKS, ...VERSION_CHECKS, ...NODE_CHECKS, ...OTHER_CHECKS];
