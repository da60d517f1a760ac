import type { Rotation } from "./rotation";

export function plainData({ wanted }: Rotation): string[] {
  if (wanted.write.kind !== "identity") return [];
  return [`${wanted.resources.join(", ")}: keys.write is identity: every object will be stored as plain data`];
}
