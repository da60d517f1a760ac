import { createHash } from "crypto";
import { UserError } from "../../kubernetes/errors";

/** Far above any real EncryptionConfiguration: more is another file, named by mistake. */
export const LARGEST_BYTES = 4 << 20;

/** The text of these bytes, such that writing it gives the same bytes again: the API server's hash is of bytes. */
export function decodeTargetText(bytes: Uint8Array, where: string): string {
  if (bytes.length > LARGEST_BYTES) {
    throw new UserError({
      what: `${where} holds ${bytes.length} bytes`,
      expected: `an EncryptionConfiguration of at most ${LARGEST_BYTES}`,
      next: "check that it names the right file",
    });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new UserError({
      what: `${where} holds bytes that are not UTF-8`,
      expected: "an EncryptionConfiguration as YAML or JSON",
    });
  }
}

/** Hex, as in the `sha256:…` that an API server reports for its file. */
export function sha256OfText(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
