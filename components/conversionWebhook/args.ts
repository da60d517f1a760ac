import type * as pulumi from "@pulumi/pulumi";
import type { ClusterArgs } from "../provider/clusterChoice";

/** What a ConversionWebhook is given: the conversion, and where and how it is to run. */
export interface ConversionWebhookArgs extends ClusterArgs {
  /**
   * Path of the TypeScript or JavaScript module whose default export is a conversion (`defineConversion`), relative to the
   * project. It and what it imports become one file, the same bytes on every machine, in an immutable ConfigMap. A changed
   * conversion makes another ConfigMap and rolls the Deployment before a CRD uses it. Give exactly one of `conversion`, `image`
   * and `url`.
   */
  conversion?: string;
  /** An image whose own command serves conversions, for what a ConfigMap cannot hold; it gets the same environment and mounts. */
  image?: pulumi.Input<string>;
  /** `https://…`: a webhook that runs elsewhere. Nothing is made. */
  url?: pulumi.Input<string>;
  /** PEM that signs the certificate of `url`. Default: the API servers' own trust roots. */
  caBundle?: pulumi.Input<string>;
  /** Namespace of everything that is made; it must be there. Default: `default`. */
  namespace?: string;
  /** The Service's certificate. Default: signed by an own authority that is kept in the state, `{ own: {} }`. */
  certificate?: CertificateArgs;
  /** Pods. Default: 2, so that one node may go: without an answer no object can be read in another version. */
  replicas?: number;
  /**
   * Image with Node 20 or later, for `conversion`. Default: `docker.io/library/node:22.14.0-bookworm-slim`. Give it with its
   * digest (`…@sha256:…`) where your registry or policy asks for one.
   */
  nodeImage?: pulumi.Input<string>;
  /**
   * Keys of 32 bytes, in base64, that seal sensitive fields. The first one seals, all of them open. Conversions with such fields
   * need them. A change rolls the pods. Add a new key at the end, and put it first in a later run: old pods must be able to open
   * what new pods seal.
   */
  keys?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * How the conversion is tried before anything is served: 25 objects for each law and pair of versions, with a fixed seed.
   * `values` as in `laws(conversion, { values })`: fast-check arbitraries by version and path, where the schema does not say what
   * values there are.
   */
  laws?: {
    runs?: number;
    seed?: number;
    // Not fast-check's own type: its declarations do not compile under every moduleResolution that a program may have.
    values?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
}

/** Exactly one of the three. */
export interface CertificateArgs {
  /**
   * An own authority, which signs for this Service alone. The first `up` with less than a third of their life left renews them. A
   * new authority takes three runs: old and new are published; the new one signs once every CRD that uses the Service trusts it;
   * the old one goes. `authorityDays` (default 3650) must be at least three times `leafDays` (default 365). The state holds the
   * keys, as secrets.
   */
  own?: { authorityDays?: number; leafDays?: number };
  /**
   * PEM texts: `cert` for `NAME.NAMESPACE.svc`, with its chain, its `key`, and the `ca` that signed it. Pods take a changed certificate within
   * a minute or two, CRDs a changed `ca` at once: change it in three runs, old and new `ca`, the certificate, the new `ca` alone.
   */
  given?: { cert: pulumi.Input<string>; key: pulumi.Input<string>; ca: pulumi.Input<string> };
  /** cert-manager makes and renews it, and puts its authority into the CRD. https://cert-manager.io/docs/concepts/ca-injector/ */
  certManager?: { issuer: { name: pulumi.Input<string>; kind?: pulumi.Input<string>; group?: pulumi.Input<string> } };
}
