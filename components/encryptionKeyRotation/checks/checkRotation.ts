import type { EncryptionConfiguration } from "../configuration/configuration";
import { resolveDesiredKeys, type DesiredKeys } from "../desiredKeys";
import type { Material } from "../stages";
import { aescbcWeak } from "./aescbcWeak";
import { aesgcmWrites } from "./aesgcmWrites";
import { archivedBytes } from "./archivedBytes";
import { everyStageAccepted } from "./everyStageAccepted";
import { keyLength } from "./keyLength";
import { kmsEndpointMoved } from "./kmsEndpointMoved";
import { newBytes } from "./newBytes";
import { newKeyNames } from "./newKeyNames";
import { notShadowed } from "./notShadowed";
import { oneNameOneKey } from "./oneNameOneKey";
import { otherBytes, otherBytesRead } from "./otherBytes";
import { plainData } from "./plainData";
import { reusedName } from "./reusedName";
import type { Rotation } from "./rotation";

export interface Findings {
  /** Refuse: preview and `up` fail with these. */
  errors: string[];
  /** Said on the row; nothing is held up. */
  warnings: string[];
}

const refusing = [keyLength, oneNameOneKey, otherBytes, reusedName, newKeyNames, kmsEndpointMoved];
const warning = [otherBytesRead, archivedBytes, newBytes, notShadowed, plainData, aescbcWeak, aesgcmWrites];

/**
 * Everything that can be said of a rotation before anything is written.
 *
 * @param material base64 by key name, as far as it is known: a preview does not know keys that are made in the same run
 * @param archived digestKeyBytes by archived name, as far as it is known
 */
export function checkRotation(
  live: EncryptionConfiguration,
  desired: DesiredKeys,
  material: Material = {},
  archived: Rotation["archived"] = {},
): Findings {
  const rotation = { live, desired: resolveDesiredKeys(desired, live), material, archived };
  const found = refusing.flatMap((check) => check(rotation));
  return {
    // Only then do the stages have a meaning.
    errors: found.length > 0 ? found : everyStageAccepted(rotation),
    warnings: warning.flatMap((check) => check(rotation)),
  };
}
