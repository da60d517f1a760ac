import type { EncryptionConfiguration } from "../configuration/configuration";
import type { DesiredKeys } from "../desiredKeys";
import type { Material } from "../stages";

/** Everything a check of a rotation looks at. `desired` is resolved: names of `read` stand under the file's ciphers. */
export interface Rotation {
  live: EncryptionConfiguration;
  desired: DesiredKeys;
  material: Material;
  /** By archived name, digestKeyBytes of what the state keeps; none of one that is still to be made. */
  archived: Readonly<Record<string, string>>;
}
