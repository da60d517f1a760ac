import { X509Certificate } from "crypto";
import type { Definition } from "../../crd/definition";
import { describeProblem } from "../../kubernetes/problem";
import { NOT_KNOWN } from "../../provider/unknown";

/** The API server establishes no CRD whose bundle it cannot read (tried on 1.37: InvalidCABundle), and says so only afterwards. */
export function caBundleHoldsCertificates(manifest: Definition): string[] {
  const caBundle = manifest.spec.conversion?.webhook?.clientConfig?.caBundle ?? "";
  if (caBundle === "" || caBundle === NOT_KNOWN) return [];
  const found = whatIsWrong(Buffer.from(caBundle, "base64").toString("latin1"));
  if (found === undefined) return [];
  return [
    describeProblem({
      what: `${manifest.metadata.name}: spec.conversion.webhook.clientConfig.caBundle ${found}`,
      expected: "base64 of the PEM certificates that sign the webhook's own",
      why: "the API server would not establish the CRD (InvalidCABundle), and none of its objects could be read",
      next: "put the authority's certificates there, or leave caBundle out where a controller such as cert-manager injects it",
    }),
  ];
}

function whatIsWrong(pem: string): string | undefined {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length === 0) return `holds no certificate (${pem.length} bytes that are no PEM of one)`;
  const wrong = certificates.findIndex((each) => !isCertificate(each));
  return wrong < 0
    ? undefined
    : `holds a certificate that cannot be read (number ${wrong + 1} of ${certificates.length})`;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
