import type { RotationInput } from "../desiredKeys";

/** Without a key that writes there is nothing to rotate to; plain data is asked for by name, never by leaving it out. */
export function writeKey({ keys }: RotationInput): string[] {
  return keys.write === undefined || keys.write === ""
    ? ['keys.write: found none; expected the name of the key that writes, or "identity" to store plain data']
    : [];
}
