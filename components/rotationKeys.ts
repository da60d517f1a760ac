import { createRequire } from "module";
import * as pulumi from "@pulumi/pulumi";
import type * as RandomBytesModule from "@pulumi/random/randomBytes";
import { bytesDigest } from "./encryption/checks";
import type { EncryptionKeyRotationArgs, KeyArgs } from "./encryptionKeyRotationArgs";

/** Made when it is first needed: a program with given keys, or without encryption, needs no @pulumi/random. */
const load = createRequire(__filename);

/** Every cipher takes 32 bytes, and secretbox nothing else. https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/#providers */
const KEY_BYTES = 32;

export interface KeyMaterial {
  /** base64 by name, of keys that may be in a file. */
  material: Record<string, pulumi.Output<string>>;
  /** By archived name, a digest: enough to tell whether the bytes are those of a file. */
  archived: Record<string, pulumi.Output<string>>;
}

/**
 * The bytes of the keys by name, base64, secret. One RandomBytes for each name that is not given: never replaced, since objects and backups under a name need its very
 * bytes; protected as long as the name may be in a file. Protected ones wait for archived ones: a `pulumi destroy` that is refused gets to the archived ones last, and
 * their bytes stay.
 */
export function keyMaterial(
  component: pulumi.Resource,
  name: string,
  { keys: { write, read = [], archive = [] } }: EncryptionKeyRotationArgs,
): KeyMaterial {
  const used = [write, ...read].map(givenKey).filter((key) => key !== undefined);
  const kept = [...new Set(archive)].filter((key) => !used.some((each) => each.name === key));
  const archivedKeys = new Map(kept.map((key) => [key, randomKey(component, name, key, { protect: false })]));
  const material: KeyMaterial["material"] = {};
  for (const { name: key, secret } of used) {
    if (key in material) continue;
    material[key] =
      secret === undefined
        ? bytesOf(randomKey(component, name, key, { protect: true, dependsOn: [...archivedKeys.values()] }))
        : pulumi.secret(secret);
  }
  const archived = [...archivedKeys].map(([key, made]) => [key, bytesOf(made).apply(bytesDigest)]);
  return { material, archived: Object.fromEntries(archived) as KeyMaterial["archived"] };
}

function givenKey(key: KeyArgs): { name: string; secret?: pulumi.Input<string> } | undefined {
  if (typeof key === "string") return key === "identity" ? undefined : { name: key };
  return "kms" in key ? undefined : key;
}

function randomKey(
  parent: pulumi.Resource,
  name: string,
  key: string,
  options: { protect: boolean; dependsOn?: RandomBytesModule.RandomBytes[] },
): RandomBytesModule.RandomBytes {
  const { RandomBytes } = load("@pulumi/random/randomBytes") as typeof RandomBytesModule;
  return new RandomBytes(
    `${name}-key-${key}`,
    { length: KEY_BYTES },
    { ...options, parent, ignoreChanges: ["length", "keepers"], additionalSecretOutputs: ["base64", "hex"] },
  );
}

function bytesOf({ base64 }: RandomBytesModule.RandomBytes): pulumi.Output<string> {
  return pulumi.secret(base64);
}
