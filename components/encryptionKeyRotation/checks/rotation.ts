import type { EncryptionConfiguration } from "../configuration/configuration";
import type { Material } from "../stages";
import type { Wanted } from "../wanted";

/** Everything a check of a rotation looks at. `wanted` is resolved: names of `read` stand under the file's ciphers. */
export interface Rotation {
  live: EncryptionConfiguration;
  wanted: Wanted;
  material: Material;
  /** By archived name, bytesDigest of what the state keeps; none of one that is still to be made. */
  archived: Readonly<Record<string, string>>;
}
