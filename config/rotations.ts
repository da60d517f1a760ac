import * as fs from "fs";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterArgs, EncryptionKeyRotationArgs, EtcdArgs, KeyArgs, KmsInput, TargetArgs } from "../components";

type Straight =
  | "resources"
  | "cipher"
  | "stopAfter"
  | "migrator"
  | "requestTimeoutSeconds"
  | "compactionIntervalSeconds"
  | "decommissionedServers"
  | "maxKeyAgeDays"
  | "acknowledge"
  | "requireAcknowledgement"
  | "recordIn"
  | "backup";

type KeyConfig =
  string | { name?: string; cipher?: "secretbox" | "aescbc" | "aesgcm"; given?: boolean; kms?: KmsInput };

/** One entry of `rotations`. */
export type RotationConfig = Pick<EncryptionKeyRotationArgs, Straight> & {
  name: string;
  keys: { write: KeyConfig; read?: KeyConfig[]; archive?: string[] };
  targets: TargetArgs[];
  audit?: Pick<EtcdArgs, "endpoints" | "prefix"> & { caFile?: string; certFile?: string; keyFile?: string };
};

/** What an entry of `rotations` means as arguments of the component. */
export function asRotationArgs(
  { name: _name, keys, audit, ...rest }: RotationConfig,
  cluster: ClusterArgs | undefined,
  encryptionKeys: Record<string, string> = {},
): EncryptionKeyRotationArgs {
  const key = (each: KeyConfig): KeyArgs => asKey(each, encryptionKeys);
  const { write, read = [], archive = [] } = keys;
  return {
    ...rest,
    ...cluster,
    keys: { write: key(write), read: read.map(key), archive },
    ...(audit !== undefined && { audit: asAudit(audit) }),
  };
}

/** What the schema cannot say of an entry. */
export function rotationProblems(
  { keys, targets }: RotationConfig,
  where: string,
  encryptionKeys: Record<string, string>,
): string[] {
  const read = (keys.read ?? []).map((key, index) => [`${where}.keys.read.${index}`, key] as const);
  return [
    ...[[`${where}.keys.write`, keys.write] as const, ...read].flatMap(([path, key]) =>
      keyProblems(key, path, encryptionKeys),
    ),
    ...targets.flatMap((target, index) => oneOf(target, ["file", "ssh", "commands"], `${where}.targets.${index}`)),
  ];
}

function keyProblems(key: KeyConfig, path: string, encryptionKeys: Record<string, string>): string[] {
  if (typeof key === "string") return [];
  const problems = oneOf(key, ["name", "kms"], path);
  if (problems.length > 0 || key.given !== true || key.name === undefined) return problems;
  if (Object.hasOwn(encryptionKeys, key.name)) return [];
  return [
    `${path}: given is true, and encryptionKeys has no ${key.name}; expected its base64; ` +
      `pulumi config set --secret --path 'encryptionKeys["${key.name}"]' reads it from standard input`,
  ];
}

function oneOf(value: object, kinds: string[], path: string): string[] {
  const found = kinds.filter((kind) => kind in value);
  return found.length === 1
    ? []
    : [`${path}: found ${found.join(" and ") || "none"} of ${kinds.join(", ")}; expected exactly one`];
}

function asKey(key: KeyConfig, encryptionKeys: Record<string, string>): KeyArgs {
  if (typeof key === "string") return key;
  const { name, cipher, given, kms } = key;
  if (kms !== undefined) return { kms };
  const secret = given === true && name !== undefined ? encryptionKeys[name] : undefined;
  return {
    name: name ?? "",
    ...(cipher !== undefined && { cipher }),
    ...(secret !== undefined && { secret: pulumi.secret(secret) }),
  };
}

function asAudit({
  caFile,
  certFile,
  keyFile,
  ...rest
}: NonNullable<RotationConfig["audit"]>): pulumi.Output<EtcdArgs> {
  return pulumi.secret({
    ...rest,
    ...(caFile !== undefined && { ca: content("caFile", caFile) }),
    ...(certFile !== undefined && { cert: content("certFile", certFile) }),
    ...(keyFile !== undefined && { key: content("keyFile", keyFile) }),
  });
}

function content(argument: string, file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    throw new pulumi.RunError(
      `audit.${argument} is ${file}, which cannot be read; expected a PEM file, relative to the project`,
    );
  }
}
