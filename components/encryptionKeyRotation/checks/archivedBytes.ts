import { digestKeyBytes } from "../configuration/keyBytes";
import { keyEntriesOf } from "../configuration/keyEntries";
import { labelKeyName } from "../configuration/keyNames";
import { providersOfDesiredResources } from "../desiredKeys";
import type { Rotation } from "./rotation";

/** The state has bytes under every archived name, but those of a key that was made elsewhere are not among them. */
export function archivedBytes({ live, desired, archived }: Rotation): string[] {
  const elsewhere = keyEntriesOf(providersOfDesiredResources(desired, live)).filter(
    (atom) =>
      "key" in atom && desired.archive.includes(atom.name) && archived[atom.name] !== digestKeyBytes(atom.key.secret),
  );
  return [...new Set(elsewhere.map(labelKeyName))].map(
    (key) =>
      `${key} was not made here: archive keeps other bytes than the file's, which go with retire; ` +
      "keep a copy of them yourself for as long as backups of etcd may need it",
  );
}
