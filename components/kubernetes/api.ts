/** One request to the API server; JSON in and out. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** `application/json` unless told: a PATCH must say which kind it is, see `PatchType`. */
  readonly contentType?: string;
  readonly accept?: string;
  /** The longest the server may take to answer; 60 s, the API server's own default, unless told. */
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
  /** Passes the queue of the request budget: for renewals of a lock, which must not wait behind the work it guards. */
  readonly urgent?: boolean;
}

/** Whatever can carry a request: a Cluster, one pinned connection, one API server. */
export interface Caller {
  call<T>(request: ApiRequest): Promise<T>;
}

/** One TCP connection, hence one API server, unless a balancer deals out single requests. */
export interface Connection extends Caller {
  /** True once the connection is gone; a call would fail, since another connection may reach another server. */
  readonly closed: boolean;
  close(): void;
}

export const PatchType = {
  merge: "application/merge-patch+json",
  apply: "application/apply-patch+yaml",
  json: "application/json-patch+json",
} as const;

/** Names, resourceVersions and managedFields without a byte of spec or status (secrets stay on the server). */
export const MetadataOnly = {
  list: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
  object: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
} as const;

/** Who owns which fields. https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management */
export interface ManagedFieldsEntry {
  manager?: string;
  operation?: string;
  apiVersion?: string;
  subresource?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: Record<string, unknown>;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  generateName?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  managedFields?: ManagedFieldsEntry[];
  [key: string]: unknown;
}

export interface KubernetesObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  [key: string]: unknown;
}

export interface KubernetesList<T = KubernetesObject> {
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  /** Tried: null where a metadata-only list of custom resources is empty. */
  items: T[] | null;
}

/** One resource at one of its versions: the endpoint through which it is read and written. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

/** `/apis/GROUP/VERSION`, `/api/VERSION` of the core group. */
export function groupVersionPath({ group, version }: Pick<Resource, "group" | "version">): string {
  return group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
}

/** `/apis/GROUP/VERSION/namespaces/NAMESPACE/PLURAL/NAME`, as far as namespace and name are given. */
export function resourcePath(resource: Resource, object: { namespace?: string; name?: string } = {}): string {
  const namespace = object.namespace === undefined ? "" : `/namespaces/${encodeURIComponent(object.namespace)}`;
  const name = object.name === undefined ? "" : `/${encodeURIComponent(object.name)}`;
  return `${groupVersionPath(resource)}${namespace}/${resource.plural}${name}`;
}

/** `namespace/name`, or the name alone for cluster-scoped objects. */
export function objectName(object: { metadata: { name: string; namespace?: string } }): string {
  const { name, namespace } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** Was it written after that resourceVersion of its resource? Never, where that is not known. */
export function isNewerObject(
  { metadata: { resourceVersion = "" } }: KubernetesObject,
  than: string | undefined,
): boolean {
  return than !== undefined && BigInt(resourceVersion) > BigInt(than);
}
