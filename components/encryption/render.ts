import type { EncryptionConfiguration } from "./configuration";

/** The file's text: the same bytes for the same configuration, with a trailing newline; no entries are an empty text. */
export function renderConfiguration(configuration: EncryptionConfiguration): string {
  throw new Error(`not yet: ${configuration.entries.length}`);
}
