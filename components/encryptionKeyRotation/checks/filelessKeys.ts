import { labelKeyName, type KeyName } from "../configuration/keyNames";
import type { KeyInput, RotationInput } from "../desiredKeys";
import { everyKey } from "./everyKey";

const EXPECTED =
  "expected every place from which an API server loads its EncryptionConfiguration, such as { file: … } or { ssh: … }; " +
  "[] is for a cluster whose file cannot be reached, and then every key must be { kms: { name } }: only its plugin's key id can change";

/** Without the file no key can be added, put first or taken away; a KMS plugin's own key changes behind the same file. */
export function filelessKeys(args: RotationInput): string[] {
  if (args.fileless !== true) return [];
  const local = everyKey(args).filter(({ key }) => typeof key !== "object" || !("kms" in key));
  const found = local.map(({ key, path }) => `${path} is ${named(key)}`);
  return found.length === 0 ? [] : [`targets is empty, and ${found.join(", ")}; ${EXPECTED}`];
}

/** The same of arguments that became known late. */
export function whyKeysNotFileless(keys: readonly KeyName[]): string | undefined {
  const local = keys.filter(({ kind }) => kind !== "kms");
  if (local.length === 0) return undefined;
  return `targets is empty, and keys holds ${local.map(labelKeyName).join(", ")}; ${EXPECTED}`;
}

function named(key: KeyInput): string {
  return typeof key === "string" ? `"${key}"` : `the key "${"name" in key ? key.name : key.kms.name}"`;
}
