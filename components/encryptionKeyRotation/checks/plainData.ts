import type { Rotation } from "./rotation";

export function plainData({ desired }: Rotation): string[] {
  if (desired.write.kind !== "identity") return [];
  return [`${desired.resources.join(", ")}: keys.write is identity: every object will be stored as plain data`];
}
