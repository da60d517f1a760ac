import type { Definition } from "../crd/definition";
import type { RequestCount } from "../kubernetes/requestTotals";

/** What was seen of one CRD: data, so that what it comes to is judged by pure functions. */
export interface CrdFacts {
  readonly name: string;
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly scope: string;
  readonly generation: number;
  readonly storage: string;
  readonly storedVersions: readonly string[];
  readonly versions: readonly VersionFacts[];
  readonly conditions: readonly ConditionFacts[];
  readonly deletionTimestamp?: string;
  /** Who writes the manifest, as its labels, annotations and managedFields tell. */
  readonly manifest: ManifestOwners;
  readonly proof?: ProofFacts;
  /** Its objects may be stored in any version: some are older than the CRD, and nobody has rewritten them since. */
  readonly outlived?: true;
  readonly objects: ObjectsSeen;
  readonly webhook?: WebhookFacts;
  readonly sample?: Sample;
  /** Requests at each version since the API servers started; absent where /metrics could not be read. */
  readonly requests?: Readonly<Record<string, RequestCount>>;
}

export interface VersionFacts {
  readonly name: string;
  readonly served: boolean;
  readonly deprecated: boolean;
}

export type ConditionFacts = NonNullable<NonNullable<Definition["status"]>["conditions"]>[number];

export interface ManifestOwners {
  /** `organization/project/stack/component` of a VersionedCRD. */
  readonly versionedCRD?: string;
  /** `Helm release NAMESPACE/NAME`, `Argo CD application NAME`, … */
  readonly tools: readonly string[];
  /** Field managers that own something of spec.versions. */
  readonly managers: readonly string[];
}

/** The record of a migration of ours, on the CRD. */
export interface ProofFacts {
  readonly storageVersion: string;
  readonly generation: number;
  readonly resourceVersion: string;
  readonly valid: boolean;
}

export type ObjectsSeen =
  | { readonly state: "counted"; readonly count: number }
  /** A LIST fails, and trying again would not help. */
  | { readonly state: "unreadable"; readonly why: string }
  | { readonly state: "forbidden" }
  /** There is no endpoint to list them at. */
  | { readonly state: "not served" };

export interface WebhookFacts {
  /** `Webhook https://…`, `Webhook NAMESPACE/NAME/PATH`. */
  readonly at: string;
  readonly answer: WebhookAnswer;
  readonly caBundle: CaBundleFacts;
  /** End of the certificate that the webhook serves, where it can be seen from here: that of a `url`. */
  readonly serverCertificateEnds?: string;
}

/** `why` says of ok how it was asked, of problem what is wrong, of the others why nobody asked, or could not. */
export interface WebhookAnswer {
  readonly state: "ok" | "problem" | "unknown" | "forbidden" | "unused" | "not served";
  readonly why: string;
}

export interface CaBundleFacts {
  readonly wrong?: string;
  /** When the last of its certificates ends; absent where there is none. */
  readonly ends?: string;
}

/** The first page of objects, metadata only. */
export interface Sample {
  readonly objects: number;
  /** There are no more objects than these. */
  readonly all: boolean;
  /** Objects whose managedFields name a version that is not served: version → how many. */
  readonly managedFields: Readonly<Record<string, number>>;
  /** Owner references at a version that is not served: `apiVersion Kind` → how many objects. */
  readonly ownerReferences: Readonly<Record<string, number>>;
}

/** What the API servers report of encryption at rest. */
export interface EncryptionFacts {
  /** `3 API servers (cp-1, cp-2, cp-3)`. */
  readonly description: string;
  /** Host → hash of its configuration, `none` where it runs without one, `unknown` before Kubernetes 1.34. */
  readonly servers: Readonly<Record<string, string>>;
  /** Resources of which something was written or read under a key since the servers started. */
  readonly encrypted: readonly string[];
}

/** What was seen of one cluster. */
export interface ClusterFacts {
  readonly context: string;
  readonly server: string;
  readonly crds: readonly CrdFacts[];
  readonly encryption?: EncryptionFacts;
  /** What could not be looked at besides, in sentences. */
  readonly hidden: readonly string[];
}

export function servedVersionsOfFacts(facts: Pick<CrdFacts, "versions">): string[] {
  return facts.versions.filter(({ served }) => served).map(({ name }) => name);
}

/** Names in storedVersions besides the storage version. */
export function olderStoredOfFacts({
  storedVersions,
  storage,
}: Pick<CrdFacts, "storedVersions" | "storage">): string[] {
  return storedVersions.filter((name) => name !== storage);
}

export function describeSampleFacts({ objects, all }: Sample): string {
  if (!all) return ` (looked at the first ${objects} objects)`;
  return objects === 1 ? " (looked at the one object there is)" : ` (looked at all ${objects} objects)`;
}
