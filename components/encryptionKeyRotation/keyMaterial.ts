import { createRequire } from "module";
import * as pulumi from "@pulumi/pulumi";
import type * as RandomBytesModule from "@pulumi/random/randomBytes";
import type { EncryptionKeyRotationArgs, KeyArgs } from "./args";
import { UserError } from "../kubernetes/errors";
import { digestKeyBytes } from "./configuration/keyBytes";

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
 * bytes. Protected, archived ones too: a `pulumi destroy` that the keys in use refuse still deletes what is not protected.
 */
export function readKeyMaterial(
  component: pulumi.Resource,
  name: string,
  { keys: { write, read = [], archive = [] } }: EncryptionKeyRotationArgs,
): KeyMaterial {
  const material: KeyMaterial["material"] = {};
  const archived: KeyMaterial["archived"] = {};
  for (const key of [write, ...read]) {
    const given = givenKey(key);
    if (given === undefined || given.name in material) continue;
    material[given.name] =
      given.secret === undefined ? randomKey(component, name, given.name) : pulumi.secret(given.secret);
  }
  for (const key of archive) {
    if (key in material) continue;
    archived[key] = randomKey(component, name, key).apply(digestKeyBytes);
  }
  return { material, archived };
}

function givenKey(key: KeyArgs): { name: string; secret?: pulumi.Input<string> } | undefined {
  if (typeof key === "string") return key === "identity" ? undefined : { name: key };
  return "kms" in key ? undefined : key;
}

function randomKey(parent: pulumi.Resource, name: string, key: string): pulumi.Output<string> {
  const { RandomBytes } = loadRandom(key);
  const made = new RandomBytes(
    `${name}-key-${key}`,
    { length: KEY_BYTES },
    { parent, protect: true, ignoreChanges: ["length", "keepers"], additionalSecretOutputs: ["base64", "hex"] },
  );
  return pulumi.secret(made.base64);
}

function loadRandom(key: string): typeof RandomBytesModule {
  try {
    return load("@pulumi/random/randomBytes") as typeof RandomBytesModule;
  } catch (error) {
    if ((error as { code?: string }).code !== "MODULE_NOT_FOUND") throw error;
    throw new UserError({
      what: `@pulumi/random is not installed, and key ${key} has no bytes yet`,
      expected: "it, to make them",
      next: `npm install @pulumi/random; or give its bytes: { name: "${key}", secret }`,
    });
  }
}
