import { UserError } from "../kubernetes/errors";
import type { EncryptionKeyRotationArgs, KeyArgs } from "./args";
import { checkArguments } from "./checks/arguments";
import { boundedList } from "./configuration/bounded";
import type { Cipher } from "./configuration/configuration";
import { normalizePattern } from "./configuration/resourcePatterns";
import type { KeyInput, RotationInput, DesiredKeys, DesiredKey } from "./desiredKeys";

/**
 * The arguments as one shape.
 *
 * @throws UserError listing everything that is wrong with them and needs no cluster to be seen
 */
export function readDesiredKeys(args: RotationInput): DesiredKeys {
  const { keys, cipher = "secretbox" } = args;
  const problems = checkArguments(args);
  if (problems.length > 0 || keys.write === undefined)
    throw new UserError(`the rotation's arguments cannot be used:${boundedList(problems)}`);
  return {
    resources: args.resources.map(normalizePattern),
    write: readKey(keys.write, cipher),
    read: (keys.read ?? []).map((key) => readKey(key, cipher)),
    archive: [...(keys.archive ?? [])],
  };
}

function readKey(key: KeyInput, cipher: Cipher): DesiredKey {
  if (key === "identity") return { kind: "identity", name: "" };
  if (typeof key === "string") return { kind: cipher, name: key, pinned: false, given: false };
  if ("name" in key) {
    const { name, cipher: own, secret } = key;
    return { kind: own ?? cipher, name, pinned: own !== undefined, given: secret !== undefined };
  }
  const { name, endpoint = "", timeout } = key.kms;
  return { kind: "kms", name, endpoint, ...(timeout !== undefined && { timeout }) };
}

/** Names and ciphers alone: what a key is made of goes another way. */
export function desiredKeysOfArgs({ resources, keys, cipher, targets }: EncryptionKeyRotationArgs): DesiredKeys {
  const bare = (key: KeyArgs): KeyInput => {
    if (typeof key !== "object" || key === null || !("name" in key)) return key;
    const { name, cipher: own = cipher ?? "secretbox", secret } = key;
    if (secret === undefined && key.cipher === undefined) return name;
    return { name, cipher: own, ...(secret !== undefined && { secret: "given" }) };
  };
  return readDesiredKeys({
    resources,
    keys: {
      write: keys?.write === undefined ? undefined : bare(keys.write),
      read: keys?.read?.map(bare),
      archive: keys?.archive,
    },
    cipher,
    fileless: Array.isArray(targets) && targets.length === 0,
  });
}
