import type { RotationRecord } from "../record";

/** By key label, since when it is known to write: the oldest proof of objects under it. */
export function ages({ proofs }: RotationRecord): Record<string, string> {
  const since: Record<string, string> = {};
  for (const { writeKey, at } of Object.values(proofs)) {
    const known = since[writeKey];
    if (known === undefined || at < known) since[writeKey] = at;
  }
  return since;
}
