import type { Cipher, EncryptionConfiguration } from "./configuration";
import type { KeyName } from "./keyNames";

/** A key as the arguments name it; everything in here is plain: a given `secret` comes apart, as material. */
export type KeyInput = string | GivenKey | { kms: KmsInput };

/** `"identity"` as a string is the pseudo key of plain data. */
export interface GivenKey {
  name: string;
  cipher: Cipher;
}

export interface KmsInput {
  name: string;
  /** `unix:///…` */
  endpoint: string;
  timeout?: string | undefined;
}

/** What the arguments ask for, without any key material. */
export interface Wanted {
  /** As the API server writes them: `secrets`, `databases.example.com`, `*.`, `*.apps`, `*.*`. */
  resources: string[];
  write: WantedKey;
  /** Stay readable after retire. */
  read: WantedKey[];
  /** Names whose material is kept for old backups of etcd; in no server's file. */
  archive: string[];
}

export type WantedKey =
  | { kind: Cipher; name: string; /** The arguments name this cipher for this key. */ pinned: boolean }
  | { kind: "identity"; name: "" }
  | { kind: "kms"; name: string; endpoint: string; timeout?: string };

/**
 * The arguments as one shape.
 *
 * @throws UserError listing everything that is wrong with them and needs no cluster to be seen
 */
export function readWanted(args: {
  resources: readonly string[];
  keys: {
    write?: KeyInput | undefined;
    read?: readonly KeyInput[] | undefined;
    archive?: readonly string[] | undefined;
  };
  cipher?: Cipher | undefined;
}): Wanted {
  throw new Error(`not yet: ${args.resources.join()}`);
}

/** The same with each name of `read` under the cipher that the file holds it under. */
export function resolveWanted(wanted: Wanted, live: EncryptionConfiguration): Wanted {
  throw new Error(`not yet: ${wanted.resources.join()} ${live.entries.length}`);
}

/** Every key that needs material of ours: what distribute must be given, by name. */
export function missingKeys(wanted: Wanted, live: EncryptionConfiguration): KeyName[] {
  throw new Error(`not yet: ${wanted.resources.join()} ${live.entries.length}`);
}
