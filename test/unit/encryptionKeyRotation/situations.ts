import * as fc from "fast-check";
import type {
  Cipher,
  EncryptionConfiguration,
  Entry,
  Provider,
} from "../../../components/encryptionKeyRotation/configuration/configuration";
import {
  keyEntriesOf,
  providersOfKeyEntries,
  type KeyEntry,
} from "../../../components/encryptionKeyRotation/configuration/keyEntries";
import type { KeyInput, DesiredKeys } from "../../../components/encryptionKeyRotation/desiredKeys";
import { readDesiredKeys } from "../../../components/encryptionKeyRotation/readDesiredKeys";
import { configurationAtStage, type Stage } from "../../../components/encryptionKeyRotation/stages";

export const STAGES: Stage[] = ["distribute", "promote", "retire"];

/** A key's bytes follow from cipher and name: the same in every entry and in the material. */
export function secretOf(kind: string, name: string): string {
  return Buffer.from(`${kind}/${name}`.padEnd(32, "#").slice(0, 32)).toString("base64");
}

/** `secretbox:a`, `identity`, `kms:vault`. */
export function atom(text: string): KeyEntry {
  const [kind, name = ""] = text.split(":");
  if (kind === "identity") return { kind, name: "" };
  if (kind === "kms")
    return { kind, name, provider: { kind, version: "v2", name, endpoint: `unix:///run/${name}.sock` } };
  return { kind: kind as Cipher, name, key: { name, secret: secretOf(String(kind), name) } };
}

/** entry("secrets configmaps", "secretbox:a identity") */
export function entry(resources: string, keys: string): Entry {
  return { resources: resources.split(" "), providers: providersOfKeyEntries(keys.split(" ").map(atom)) };
}

export function file(...entries: Entry[]): EncryptionConfiguration {
  return { entries };
}

/** What the file says, as the tests write it: `secrets configmaps = secretbox:a identity`. */
export function told({ entries }: EncryptionConfiguration): string[] {
  return entries.map(({ resources, providers }) => `${resources.join(" ")} = ${orderOf(providers)}`);
}

function orderOf(providers: Provider[]): string {
  return keyEntriesOf(providers)
    .map(({ kind, name }) => (kind === "identity" ? kind : `${kind}:${name}`))
    .join(" ");
}

export function input(text: string): KeyInput {
  const [kind, name = ""] = text.split(":");
  if (kind === "kms") return { kms: { name, endpoint: `unix:///run/${name}.sock` } };
  return name === "" ? String(kind) : { name, cipher: kind as Cipher };
}

export function want(resources: string, write: string, read = "", archive: string[] = []): DesiredKeys {
  const reads = read.split(" ").filter((each) => each !== "");
  return readDesiredKeys({
    resources: resources.split(" "),
    keys: { write: input(write), read: reads.map(input), archive },
  });
}

/** Material for every key there could be, by name; each name belongs to one cipher. */
export function materialFor(desired: DesiredKeys): Record<string, string> {
  return Object.fromEntries([desired.write, ...desired.read].map(({ kind, name }) => [name, secretOf(kind, name)]));
}

export function after(stage: Stage, live: EncryptionConfiguration, desired: DesiredKeys): EncryptionConfiguration {
  return configurationAtStage(stage, live, desired, stage === "distribute" ? materialFor(desired) : {});
}

/** Resources to ask about: core, grouped, none that any file names. */
export const RESOURCES = [
  "secrets",
  "configmaps",
  "pods",
  "deployments.apps",
  "daemonsets.apps",
  "widgets.example.com",
];

const PATTERNS = ["secrets", "configmaps", "deployments.apps", "widgets.example.com", "*.", "*.apps", "*.*"];

const LOCAL = ["secretbox:a", "secretbox:b", "aescbc:c", "aescbc:d", "aesgcm:e"];

const order = fc
  .tuple(fc.shuffledSubarray([...LOCAL, "identity"], { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([keys]) => keys.join(" "));

/**
 * Files that the API server takes: patterns from the narrow to the wide, no two in one list that overlap, a resource sometimes in
 * two entries (its providers then add up), a KMS provider in at most one entry.
 */
export const files: fc.Arbitrary<EncryptionConfiguration> = fc
  .tuple(
    fc.subarray(PATTERNS),
    fc.array(fc.boolean(), { minLength: PATTERNS.length, maxLength: PATTERNS.length }),
    fc.array(order, { minLength: PATTERNS.length, maxLength: PATTERNS.length }),
    fc.option(fc.nat(PATTERNS.length - 1), { nil: undefined }),
    fc.boolean(),
  )
  .map(([patterns, joins, orders, withKms, twice]) => {
    const entries: Entry[] = [];
    patterns.forEach((pattern, index) => {
      const last = entries[entries.length - 1];
      const keys = `${orders[index] ?? "identity"}${withKms === index ? " kms:vault" : ""}`;
      if (joins[index] && last !== undefined && !pattern.startsWith("*")) last.resources.push(pattern);
      else entries.push(entry(pattern, keys));
    });
    const [first] = entries;
    if (twice && first !== undefined && !first.resources[0]?.startsWith("*") && !hasKms(first))
      entries.splice(1, 0, entry(String(first.resources[0]), "secretbox:twice identity"));
    return { entries };
  });

function hasKms({ providers }: Entry): boolean {
  return providers.some(({ kind }) => kind === "kms");
}

const writes = fc.constantFrom(...LOCAL, "secretbox:new", "aescbc:new", "aesgcm:other", "identity");

/** Rotations of resources that do not overlap; a name stands once. */
export const rotations: fc.Arbitrary<DesiredKeys> = fc
  .tuple(
    fc.constantFrom(
      "secrets",
      "configmaps secrets",
      "widgets.example.com secrets",
      "*.",
      "*.apps secrets",
      "*.*",
      "pods",
    ),
    writes,
    fc.subarray([...LOCAL, "identity"], { maxLength: 3 }),
  )
  .map(([resources, write, read]) => want(resources, write, read.filter((each) => !sameName(each, write)).join(" ")));

function sameName(left: string, right: string): boolean {
  return left === right || left.split(":")[1] === (right.split(":")[1] ?? "(none)");
}
