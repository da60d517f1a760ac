import type { Keeper } from "./stash";
import { MoveError } from "./errors";
import { createHmac, createCipheriv, createDecipheriv } from "node:crypto";

/** What the seal is bound to, so that it opens nowhere else. */
export interface Bound {
  readonly group: string;
  readonly kind: string;
  readonly namespace: unknown;
  readonly name: unknown;
}

/**
 * AES-256-GCM whose nonce is made from what it seals: the same object converts to the same bytes every time, which a
 * storage migration's proof rests on. The first key seals, every key opens.
 */
export function makeSealer(keys: readonly Uint8Array[], bound: Bound): Keeper {
  const context = (path: string): string =>
    JSON.stringify([bound.group, bound.kind, bound.namespace ?? null, bound.name ?? null, path]);
  if (keys.some((key) => key.length !== 32)) {
    throw new Error("a key to seal with has not 32 bytes; expected 32 (head -c 32 /dev/urandom)");
  }
  const unopened = new Set<string>();
  return {
    unopened,
    seal(text, path) {
      const [key] = keys;
      if (key === undefined) {
        throw new MoveError(
          path,
          "the other version cannot hold it, it is sensitive, and there is no key to seal it with; give the webhook a key, or keep the field in both versions",
        );
      }
      const nonce = createHmac("sha256", key).update(context(path)).update("\0").update(text).digest().subarray(0, 12);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(context(path)));
      const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64");
    },
    open(sealed, path) {
      const bytes = Buffer.from(sealed, "base64");
      for (const key of bytes.length >= 28 ? keys : []) {
        try {
          const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12))
            .setAAD(Buffer.from(context(path)))
            .setAuthTag(bytes.subarray(12, 28));
          return decipher.update(bytes.subarray(28), undefined, "utf8") + decipher.final("utf8");
        } catch {
          // Another key's, or another object's.
        }
      }
      unopened.add(sealed);
      return undefined;
    },
  };
}
