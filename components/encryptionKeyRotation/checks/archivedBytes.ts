import { bytesDigest } from "../configuration/keyBytes";
import { keyEntriesOf } from "../configuration/keyEntries";
import { keyLabel } from "../configuration/keyNames";
import { ourProviders } from "../desiredKeys";
import type { Rotation } from "./rotation";

/** The state has bytes under every archived name, but those of a key that was made elsewhere are not among them. */
export function archivedBytes({ live, desired, archived }: Rotation): string[] {
  const elsewhere = keyEntriesOf(ourProviders(desired, live)).filter(
    (atom) =>
      "key" in atom && desired.archive.includes(atom.name) && archived[atom.name] !== bytesDigest(atom.key.secret),
  );
  return [...new Set(elsewhere.map(keyLabel))].map(
    (key) =>
      `${key} was not made here: archive keeps other bytes than the file's, which go with retire; ` +
      "keep a copy of them yourself for as long as backups of etcd may need it",
  );
}
