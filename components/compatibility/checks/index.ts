import type { Check, DefinitionCheck, NodeCheck, VersionCheck } from "../check";
import { bounds } from "./schema/bounds";
import { enumAdded, enumValueAdded, enumValueRemoved } from "./schema/enums";
import { fieldRemoved } from "./schema/fieldRemoved";
import { requiredAdded, requiredRemoved, requiredWithDefault } from "./schema/required";
import { typeChanged } from "./schema/typeChanged";
import { typeWidened } from "./schema/typeWidened";
import { unhandled } from "./schema/unhandled";

export const NODE_CHECKS: readonly NodeCheck[] = [
  typeChanged,
  typeWidened,
  fieldRemoved,
  requiredAdded,
  requiredWithDefault,
  requiredRemoved,
  enumValueRemoved,
  enumAdded,
  enumValueAdded,
  ...bounds,
];

export const VERSION_CHECKS: readonly VersionCheck[] = [];

export const DEFINITION_CHECKS: readonly DefinitionCheck[] = [];

/** Every check there is, as docs/checks.md lists them. */
export const CHECKS: readonly Check[] = [...DEFINITION_CHECKS, ...VERSION_CHECKS, ...NODE_CHECKS, unhandled];
