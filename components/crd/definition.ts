import type { ManagedFieldsEntry } from "../kubernetes/api";

/** The parts of a CustomResourceDefinition (apiextensions.k8s.io/v1) that a rollout reads and writes. */
export interface Definition {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  spec: DefinitionSpec;
  status?: {
    storedVersions?: string[];
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
  };
}

export interface Metadata {
  name: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  managedFields?: ManagedFieldsEntry[];
}

export interface DefinitionSpec {
  group: string;
  scope: string;
  names: { kind: string; plural: string; [key: string]: unknown };
  versions: Version[];
  conversion?: Conversion;
  [key: string]: unknown;
}

export interface Version {
  name: string;
  served: boolean;
  storage: boolean;
  schema?: { openAPIV3Schema?: Schema };
  [key: string]: unknown;
}

/** A node of an OpenAPI v3 structural schema. */
export interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  "x-kubernetes-preserve-unknown-fields"?: boolean;
  "x-kubernetes-int-or-string"?: boolean;
  [key: string]: unknown;
}

export interface Conversion {
  strategy: string;
  webhook?: { clientConfig?: WebhookClientConfig; conversionReviewVersions?: string[] };
}

export interface WebhookClientConfig {
  url?: string;
  service?: { namespace: string; name: string; path?: string; port?: number };
  /** Base64 of the PEM bundle that signs the webhook's certificate, as the API server keeps it. */
  caBundle?: string;
}

export function storageVersion(definition: Definition): string {
  return definition.spec.versions.find((version) => version.storage)?.name ?? "";
}

export function versionNamesOfDefinition(definition: Definition): string[] {
  return definition.spec.versions.map((version) => version.name);
}

/** Each version's name, true where it is served. */
export function servedByName(definition: Definition): Record<string, boolean> {
  return Object.fromEntries(definition.spec.versions.map(({ name, served }) => [name, served]));
}

export function servedVersionNames({ spec }: Definition): string[] {
  return spec.versions.filter(({ served }) => served).map(({ name }) => name);
}

export function schemaOfVersion(version: Version): Schema {
  return version.schema?.openAPIV3Schema ?? {};
}

/** Undefined where the definition has no such version. */
export function schemaOfDefinition({ spec }: Definition, version: string): Schema | undefined {
  return spec.versions.find(({ name }) => name === version)?.schema?.openAPIV3Schema;
}

/** The API server's path of all definitions. */
export const DEFINITIONS_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** The API server's path of the definition of that name. */
export function definitionPath(name: string): string {
  return `${DEFINITIONS_PATH}/${name}`;
}
