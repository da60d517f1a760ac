import { X509Certificate } from "crypto";

/** What a caBundle holds, as far as anybody can tell without the server that it is for. */
export type CaBundle = { readonly wrong: string } | { readonly certificates: readonly X509Certificate[] };

/** @param caBundle base64 of PEM, as it stands in a CRD */
export function readCaBundle(caBundle: string): CaBundle {
  const pem = Buffer.from(caBundle, "base64").toString("latin1");
  const texts = pem.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? [];
  if (texts.length === 0) return { wrong: `holds no certificate (${pem.length} bytes that are no PEM of one)` };
  const read = texts.map(certificateOf);
  const wrong = read.indexOf(undefined);
  return wrong < 0
    ? { certificates: read.filter((each) => each !== undefined) }
    : { wrong: `holds a certificate that cannot be read (number ${wrong + 1} of ${texts.length})` };
}

function certificateOf(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** PEM as the API server takes it. */
export function base64CaBundle(caBundle: string): string {
  return caBundle.includes("-----BEGIN") ? Buffer.from(caBundle).toString("base64") : caBundle;
}
