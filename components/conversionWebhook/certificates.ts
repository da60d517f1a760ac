import * as pulumi from "@pulumi/pulumi";
import * as kubernetes from "@pulumi/kubernetes";
import type { CertificateArgs } from "../conversionWebhookArgs";
import type { Site } from "./workload";

/** What serves, and what a CRD needs to trust it. */
export interface ServingCertificate {
  /** Name of the Secret with tls.crt and tls.key. */
  readonly secret: pulumi.Output<string>;
  /** PEM; absent where somebody else writes it into the CRD. */
  readonly caBundle?: pulumi.Input<string>;
  /** Annotations that the CRD needs for that. */
  readonly crdAnnotations: Readonly<Record<string, string>>;
}

export function createCertificate(site: Site, { given, certManager }: CertificateArgs): ServingCertificate {
  const metadata = { name: `${site.name}-tls`, namespace: site.namespace };
  if (given !== undefined) {
    const stringData = { "tls.crt": given.cert, "tls.key": pulumi.secret(given.key) };
    const secret = new kubernetes.core.v1.Secret(
      `${site.name}-tls`,
      { metadata, type: "kubernetes.io/tls", stringData },
      site.opts,
    );
    return { secret: secret.metadata.name, caBundle: given.ca, crdAnnotations: {} };
  }
  const issuer = { kind: "Issuer", group: "cert-manager.io", ...certManager?.issuer };
  const certificate = new kubernetes.apiextensions.CustomResource(
    `${site.name}-tls`,
    {
      apiVersion: "cert-manager.io/v1",
      kind: "Certificate",
      metadata,
      spec: {
        secretName: metadata.name,
        dnsNames: [`${site.name}.${site.namespace}.svc`],
        issuerRef: issuer,
        usages: ["server auth"],
      },
    },
    site.opts,
  );
  return {
    secret: certificate.metadata.name,
    crdAnnotations: { "cert-manager.io/inject-ca-from": `${site.namespace}/${metadata.name}` },
  };
}
