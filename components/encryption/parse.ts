import type { EncryptionConfiguration } from "./configuration";

/**
 * What a target's file says; an empty text has no entries.
 *
 * @param where how to name the text in messages: `file /etc/kubernetes/enc/config.yaml`
 * @throws UserError naming the path, what was found (never a secret) and what was expected
 */
export function parseConfiguration(text: string, where: string): EncryptionConfiguration {
  throw new Error(`not yet: ${text.length} ${where}`);
}
