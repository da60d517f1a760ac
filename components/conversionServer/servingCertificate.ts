import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";

/** A certificate and its key, as they are in the files. */
export interface Certificate {
  /** PEM, with the chain. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  /** Unix time in seconds at which it ends. */
  readonly notAfter: number;
}

/**
 * @throws Error naming the file and what is wrong with it: unreadable, no PEM, key and certificate not a pair (which they are
 * not for a moment while they are replaced), or expired
 */
export async function readServingCertificate(
  files: { cert: string; key: string },
  now = new Date(),
): Promise<Certificate> {
  const [cert, key] = await Promise.all([readFile(files.cert, "utf8"), readFile(files.key, "utf8")]);
  const certificate = attempt(files.cert, "a certificate in PEM", () => new X509Certificate(cert));
  const privateKey = attempt(files.key, "a private key in PEM", () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new Error(`${files.key} is not the key of the certificate in ${files.cert}`);
  }
  const ends = new Date(certificate.validTo);
  if (ends <= now) {
    throw new Error(`the certificate in ${files.cert} expired on ${ends.toISOString()}; expected one that is valid`);
  }
  return { cert, key, notAfter: Math.floor(ends.getTime() / 1000) };
}

function attempt<T>(file: string, expected: string, make: () => T): T {
  try {
    return make();
  } catch {
    throw new Error(`${file}: expected ${expected}`);
  }
}
