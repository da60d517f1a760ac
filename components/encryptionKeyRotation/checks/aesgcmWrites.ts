import { labelKeyName } from "../configuration/keyNames";
import type { Rotation } from "./rotation";

/** A nonce is random for each write: after too many writes two are likely to be the same. */
export function aesgcmWrites({ desired: { write } }: Rotation): string[] {
  if (write.kind !== "aesgcm") return [];
  return [
    `${labelKeyName(write)}: a key of aesgcm must be rotated every 200,000 writes, which nobody counts; ` +
      "set maxKeyAgeDays and rotate on a schedule, or use secretbox",
  ];
}
