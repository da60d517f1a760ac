import type { KeyInput, RotationInput } from "../desiredKeys";

/** write and read with the path that names each in a message. */
export function everyKey({ keys }: RotationInput): { key: KeyInput; path: string }[] {
  const read = (keys.read ?? []).map((key, index) => ({ key, path: `keys.read[${index}]` }));
  return keys.write === undefined ? read : [{ key: keys.write, path: "keys.write" }, ...read];
}
