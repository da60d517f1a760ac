import * as pulumi from "@pulumi/pulumi";
import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import { Secret } from "@pulumi/kubernetes/core/v1/secret";
import type { CertificateArgs } from "./args";
import { Authority } from "./authority/resource";
import { secretOfTrustedCertificate } from "./authority/trust";
import type { Site } from "./sealingKeys";

/** What serves, and what a CRD needs to trust it. */
export interface ServingCertificate {
  /** Name of the Secret with tls.crt and tls.key. */
  readonly secret: pulumi.Output<string>;
  /** PEM; absent where somebody else writes it into the CRD. */
  readonly caBundle?: pulumi.Input<string>;
  /** Annotations that the CRD needs for that. */
  readonly crdAnnotations: Readonly<Record<string, string>>;
}

export function createCertificate(site: Site, { given, certManager, own = {} }: CertificateArgs): ServingCertificate {
  const { namespace } = site;
  if (certManager === undefined) {
    const { cert, key, ca } = given ?? ownAuthority(site, own);
    const metadata = {
      name: pulumi.output(cert).apply((pem) => secretOfTrustedCertificate(site.name, pem)),
      namespace,
    };
    const data = { "tls.crt": base64(cert), "tls.key": pulumi.secret(base64(key)) };
    const secret = new Secret(
      `${site.name}-tls`,
      { metadata, immutable: true, type: "kubernetes.io/tls", data },
      site.opts,
    );
    return { secret: secret.metadata.name, caBundle: ca, crdAnnotations: {} };
  }
  const metadata = { name: `${site.name}-tls`, namespace };
  const issuer = { kind: "Issuer", group: "cert-manager.io", ...certManager.issuer };
  const certificate = new CustomResource(
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
    crdAnnotations: { "cert-manager.io/inject-ca-from": `${namespace}/${metadata.name}` },
  };
}

function ownAuthority(site: Site, { authorityDays = 3650, leafDays = 365 }: NonNullable<CertificateArgs["own"]>) {
  const { name: service, namespace, cluster } = site;
  const args = { service, namespace, authorityDays, leafDays, cluster };
  const { cert, key, caBundle } = new Authority(`${service}-authority`, args, site.opts);
  return { cert, key, ca: caBundle };
}

function base64(text: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.output(text).apply((pem) => Buffer.from(pem).toString("base64"));
}
