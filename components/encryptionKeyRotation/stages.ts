import { UserError } from "../kubernetes/errors";
import { acceptedByApiServer } from "./checks/acceptedByApiServer";
import { boundedList } from "./configuration/bounded";
import type { EncryptionConfiguration, Key, Provider } from "./configuration/configuration";
import { keyEntriesOf, providersOfKeyEntries, type KeyEntry } from "./configuration/keyEntries";
import { labelKeyName, isSameKeyName, type KeyName } from "./configuration/keyNames";
import { withOwnEntries } from "./configuration/ownEntries";
import { providersOfDesiredResources, resolveDesiredKeys, type DesiredKeys, type DesiredKey } from "./desiredKeys";
import { effectiveProviders } from "./configuration/effectiveKeys";

/** The three edits of the file; migrate makes none. */
export type Stage = "distribute" | "promote" | "retire";

/** base64 by key name. */
export type Material = Readonly<Record<string, string>>;

/**
 * The file after a stage. A stage with nothing to do gives back what it was given: compare with `isRenderedAlike`, not
 * by text, and write only where they differ, so that a file someone formatted otherwise stays as it is.
 *
 * @param material only distribute adds keys, the other two rearrange what the file holds
 * @throws UserError where distribute lacks a key's material, where promote or retire find a key not distributed yet, or
 *   where the API server would refuse the file
 */
export function configurationAtStage(
  stage: Stage,
  live: EncryptionConfiguration,
  desired: DesiredKeys,
  material: Material = {},
): EncryptionConfiguration {
  const after = stageOf(stage, live, desired, (key) => ({ name: key.name, secret: given(key, material) }));
  const refused = after === live ? [] : acceptedByApiServer(after);
  if (refused.length === 0) return after;
  throw new UserError(`the file that ${stage} would write is one that the API server refuses:${boundedList(refused)}`);
}

/** The file after a stage with names only: what plans are made of. The keys it adds hold no material. */
export function simulateStages(
  stage: Stage,
  live: EncryptionConfiguration,
  desired: DesiredKeys,
): EncryptionConfiguration {
  return stageOf(stage, live, desired, ({ name }) => ({ name, secret: "" }));
}

type KeyOf = (key: KeyName) => Key;

function stageOf(
  stage: Stage,
  live: EncryptionConfiguration,
  unresolved: DesiredKeys,
  keyOf: KeyOf,
): EncryptionConfiguration {
  const desired = resolveDesiredKeys(unresolved, live);
  const ours = keyEntriesOf(providersOfDesiredResources(desired, live));
  const held: KeyOf = (key) => {
    const there = ours.find((atom) => isSameKeyName(atom, key));
    return there !== undefined && "key" in there ? there.key : keyOf(key);
  };
  const changed = new Map<string, Provider[]>();
  for (const pattern of desired.resources) {
    const before = keyEntriesOf(effectiveProviders(live, pattern));
    const after = STAGES[stage](before, desired, held, pattern);
    if (JSON.stringify(before) !== JSON.stringify(after)) changed.set(pattern, providersOfKeyEntries(after));
  }
  return changed.size === 0 ? live : withOwnEntries(live, changed);
}

type Change = (before: readonly KeyEntry[], desired: DesiredKeys, held: KeyOf, pattern: string) => KeyEntry[];

/** Every desired key is readable; what writes goes on writing. New keys come after the keys of the writing provider, plain last. */
const distribute: Change = (before, { write, read }, held) => {
  const updated = before.map((atom) => withTimeout(atom, [write, ...read]));
  const missing = [write, ...read].filter((key) => !before.some((atom) => isSameKeyName(atom, key)));
  const added = missing.filter(({ kind }) => kind !== "identity").map((key) => keyEntryAtStage(key, held));
  const plain: KeyEntry[] = missing.some(({ kind }) => kind === "identity") ? [{ kind: "identity", name: "" }] : [];
  const other = updated.findIndex(({ kind }) => kind !== updated[0]?.kind);
  const end = other < 0 ? updated.length : other;
  return [...updated.slice(0, end), ...added, ...updated.slice(end), ...plain];
};

/** The desired key writes; everything else stays readable. */
const promote: Change = (before, { write }, _held, pattern) => {
  const first = before.find((atom) => isSameKeyName(atom, write));
  if (first === undefined) throw notYet(`${pattern}: ${labelKeyName(write)} is not in the file`, "distribute");
  return [first, ...before.filter((atom) => !isSameKeyName(atom, write))];
};

/** Only the desired keys are left. */
const retire: Change = (before, { write, read }, _held, pattern) => {
  const [first] = before;
  if (first === undefined || !isSameKeyName(first, write))
    throw notYet(
      `${pattern}: ${first === undefined ? "nothing" : labelKeyName(first)} writes, not ${labelKeyName(write)}`,
      "promote",
    );
  return before.filter((atom) => [write, ...read].some((key) => isSameKeyName(atom, key)));
};

const STAGES: Record<Stage, Change> = { distribute, promote, retire };

function notYet(found: string, stage: Stage): UserError {
  return new UserError({
    what: found,
    expected: `that ${stage} has run`,
    why: "someone else may write the same file",
    next: "find out who, then run `pulumi up` again",
  });
}

function keyEntryAtStage(key: DesiredKey, held: KeyOf): KeyEntry {
  if (key.kind === "identity") return { kind: "identity", name: "" };
  if (key.kind !== "kms") return { kind: key.kind, name: key.name, key: held(key) };
  const { name, endpoint, timeout } = key;
  return {
    kind: "kms",
    name,
    provider: { kind: "kms", version: "v2", name, endpoint, ...(timeout !== undefined && { timeout }) },
  };
}

/** The one thing of a KMS provider that may change under its name. */
function withTimeout(atom: KeyEntry, desired: readonly DesiredKey[]): KeyEntry {
  if (atom.kind !== "kms") return atom;
  const key = desired.find((each) => isSameKeyName(each, atom));
  if (key?.kind !== "kms" || key.timeout === undefined || key.timeout === atom.provider.timeout) return atom;
  return { ...atom, provider: { ...atom.provider, timeout: key.timeout } };
}

function given(key: KeyName, material: Material): string {
  const secret = Object.hasOwn(material, key.name) ? material[key.name] : undefined;
  if (secret !== undefined && secret !== "") return secret;
  throw new UserError({
    what: `${labelKeyName(key)}: no material for it, and no entry of these resources in the file holds it`,
    expected: "one of both",
    next: `give it as { name: "${key.name}", cipher: "${key.kind}", secret: … }`,
  });
}
