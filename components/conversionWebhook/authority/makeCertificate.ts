import { generate } from "selfsigned";

/** PEM texts, and when it ends. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** ISO 8601. */
  readonly notAfter: string;
}

const ELLIPTIC = { keyType: "ec", curve: "P-256", algorithm: "sha256" } as const;
const DAY_MS = 24 * 3600 * 1000;
/** Clocks of API servers may be behind ours. */
const EARLY_MS = 3600 * 1000;

/** A certificate authority that signs nothing but the certificates of one Service. */
export async function makeAuthorityCertificate(name: string, days: number, now: Date): Promise<Certificate> {
  // Two authorities of one Service stand side by side for a while: a name of its own for each.
  const subject = `${name} authority ${now.toISOString()}`;
  const { begins, ends } = validity(days, now);
  const made = await generate([{ name: "commonName", value: subject.slice(-64) }], {
    ...ELLIPTIC,
    notBeforeDate: begins,
    notAfterDate: ends,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { cert: made.cert, key: made.private, notAfter: ends.toISOString() };
}

/** A server certificate for these DNS names, signed by `authority`. */
export async function makeLeafCertificate(
  authority: Certificate,
  dnsNames: readonly string[],
  days: number,
  now: Date,
): Promise<Certificate> {
  const { begins, ends } = validity(days, now);
  const made = await generate([{ name: "commonName", value: "conversion webhook" }], {
    ...ELLIPTIC,
    notBeforeDate: begins,
    notAfterDate: ends,
    ca: { cert: authority.cert, key: authority.key },
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames: dnsNames.map((value) => ({ type: 2, value })) },
    ],
  });
  return { cert: made.cert, key: made.private, notAfter: ends.toISOString() };
}

function validity(days: number, now: Date): { begins: Date; ends: Date } {
  return { begins: new Date(now.getTime() - EARLY_MS), ends: new Date(now.getTime() + days * DAY_MS) };
}
