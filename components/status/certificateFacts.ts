import { isIP } from "net";
import { connect } from "tls";
import { readCaBundle } from "../crd/caBundle";
import type { CaBundleFacts } from "./facts";

const CONNECT_SECONDS = 5;

/** What a CRD's caBundle is good for: until the last of its certificates ends. */
export function caBundleCertificateFacts(caBundle: string | undefined): CaBundleFacts {
  if (caBundle === undefined || caBundle === "") return {};
  const read = readCaBundle(caBundle);
  if ("wrong" in read) return { wrong: read.wrong };
  const ends = Math.max(...read.certificates.map(({ validTo }) => Date.parse(validTo)));
  return { ends: new Date(ends).toISOString() };
}

/** When the certificate that a webhook serves ends; undefined where it cannot be reached from here. */
export function serverCertificateEnds(url: string): Promise<string | undefined> {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  return new Promise((resolve) => {
    const end = (answer?: string): void => {
      socket.destroy();
      resolve(answer);
    };
    // Whether it is to be trusted is the API server's question, and it is asked elsewhere.
    const options = { host, port: Number(port || 443), rejectUnauthorized: false };
    const socket = connect({ ...options, ...(isIP(host) === 0 && { servername: host }) }, () => {
      const { valid_to: ends } = socket.getPeerCertificate() as { valid_to?: string };
      end(ends === undefined ? undefined : new Date(ends).toISOString());
    });
    socket.setTimeout(CONNECT_SECONDS * 1_000, () => end());
    socket.on("error", () => end());
  });
}
