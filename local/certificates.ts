import { generate } from "selfsigned";

/** PEM texts. */
export interface Certificate {
  cert: string;
  key: string;
}

const day = 24 * 3600 * 1000;
const elliptic = { keyType: "ec", curve: "P-256", algorithm: "sha256" } as const;

/** A certificate authority for one local run. */
export async function makeAuthority(subject: string): Promise<Certificate> {
  // Never the name of a certificate it signs: equal subject and issuer mean self-signed to whoever verifies.
  const made = await generate([{ name: "commonName", value: `${subject} authority` }], {
    ...elliptic,
    ...validity(),
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, digitalSignature: true, critical: true },
    ],
  });
  return { cert: made.cert, key: made.private };
}

/** A certificate for the loopback address, signed by `authority`: a server's, unless `uses` says more or other. Valid for a year, unless it is to end. */
export async function makeServerCertificate(
  authority: Certificate,
  subject: string,
  uses: ("serverAuth" | "clientAuth")[] = ["serverAuth"],
  notAfterDate = validity().notAfterDate,
  names: readonly string[] = [],
): Promise<Certificate> {
  const made = await generate([{ name: "commonName", value: subject }], {
    ...elliptic,
    notBeforeDate: new Date(Math.min(Date.now(), notAfterDate.getTime()) - day),
    notAfterDate,
    ca: authority,
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", ...Object.fromEntries(uses.map((use) => [use, true])) },
      {
        name: "subjectAltName",
        altNames: [
          ...["localhost", ...names].map((value) => ({ type: 2, value }) as const),
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  return { cert: made.cert, key: made.private };
}

// Begins a day early: a virtual machine's clock may step back after a start.
function validity(): { notBeforeDate: Date; notAfterDate: Date } {
  return { notBeforeDate: new Date(Date.now() - day), notAfterDate: new Date(Date.now() + 365 * day) };
}
