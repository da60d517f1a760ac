import { describeProblem } from "../../kubernetes/problem";
import { sameKeyBytes } from "../configuration/keyBytes";
import { keyEntriesOf } from "../configuration/keyEntries";
import { labelKeyName, isSameKeyName } from "../configuration/keyNames";
import { providersOfDesiredResources, type DesiredKey } from "../desiredKeys";
import type { Rotation } from "./rotation";

/**
 * A name never comes back with other bytes: objects name their key, aescbc has no way to tell a wrong one for sure (no MAC),
 * and what the old bytes wrote would be lost.
 * https://github.com/kubernetes/kubernetes/blob/v1.37.0/staging/src/k8s.io/apiserver/pkg/storage/value/encrypt/aes/aes.go#L240
 */
export function otherBytes(rotation: Rotation): string[] {
  const { desired } = rotation;
  return differing(rotation)
    .filter((key) => key === desired.write || ("given" in key && key.given))
    .map((key) =>
      describeProblem({
        what: `${labelKeyName(key)}: the file holds other bytes under this name than the arguments or the state`,
        expected: "the bytes that the file holds",
        next: `name a new key to write with, and keep "${key.name}" in read without a secret: the file's bytes are used`,
      }),
    );
}

/** A key that we did not make, only read on: it works, but nothing of ours could bring it back. */
export function otherBytesRead(rotation: Rotation): string[] {
  const { desired } = rotation;
  return differing(rotation)
    .filter((key) => key !== desired.write && !("given" in key && key.given))
    .map(
      (key) =>
        `${labelKeyName(key)} was not made here: the file's bytes are used, and no copy of them is kept once it is retired; ` +
        `to keep one for old backups, give it as { name: "${key.name}", cipher: "${key.kind}", secret: … }`,
    );
}

function differing({ live, desired, material }: Rotation): DesiredKey[] {
  const atoms = keyEntriesOf(providersOfDesiredResources(desired, live));
  return [desired.write, ...desired.read].filter((key) => {
    const secret = Object.hasOwn(material, key.name) ? material[key.name] : undefined;
    const held = atoms.find((atom) => isSameKeyName(atom, key));
    return secret !== undefined && held !== undefined && "key" in held && !sameKeyBytes(held.key.secret, secret);
  });
}
