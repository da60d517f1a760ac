import { schemaOfVersion, type Definition, type Version } from "../crd/definition";
import { makeFindingOfCheck, type Check } from "./check";
import { bounds } from "./checks/schema/bounds";
import { combinedSchemas } from "./checks/schema/combinedSchemas";
import { enumAdded, enumValueRemoved } from "./checks/schema/enums";
import { formatChanged } from "./checks/schema/formats";
import { multipleOfChanged } from "./checks/schema/multipleOf";
import { nullableRemoved } from "./checks/schema/nullable";
import { patternChanged } from "./checks/schema/pattern";
import { requiredAdded } from "./checks/schema/required";
import { uniqueItemsAdded } from "./checks/schema/uniqueItems";
import { validationRuleAdded } from "./checks/schema/validationRules";
import { storageVersionStricter } from "./checks/storageVersionStricter";
import { compareSchemas } from "./compareSchemas";
import type { Finding } from "./finding";
import { isWebhookConversion } from "../crd/conversion";

/** What says whether an object is valid. What would be lost of one is for the checks of dropped fields. */
const VALIDATION: readonly Check[] = [
  requiredAdded,
  enumValueRemoved,
  enumAdded,
  ...bounds,
  multipleOfChanged,
  uniqueItemsAdded,
  patternChanged,
  formatChanged,
  nullableRemoved,
  validationRuleAdded,
  ...combinedSchemas,
];
const IDS = new Set(VALIDATION.map(({ id }) => id));

/** Storage moves without a conversion: each object of the old storage version becomes one of the new as it is. */
export function stricterStorage(old: Definition, next: Definition): Finding[] {
  const before = storedIn(old);
  const to = storedIn(next);
  if (before === undefined || to === undefined || isWebhookConversion(next.spec.conversion)) return [];
  const from = next.spec.versions.find(({ name }) => name === before.name) ?? before;
  return compareSchemas(to.name, schemaOfVersion(from), schemaOfVersion(to), true)
    .filter(({ check, severity }) => severity === "error" && IDS.has(check))
    .map(({ path, what }) => makeFindingOfCheck(storageVersionStricter, path, `${from.name} → ${to.name}: ${what}`));
}

const storedIn = ({ spec }: Definition): Version | undefined => spec.versions.find(({ storage }) => storage);
