import { createHash } from "crypto";
import { type Caller, groupVersionPath, type Resource } from "./api";
import { hasErrorStatus } from "./errors";
import { sharedFor10Seconds } from "./sharedForSeconds";

/** Newest first. v1 since 1.37, v1beta1 in 1.35 and 1.36, v1alpha1 from 1.30 to 1.34. */
const STORAGE_MIGRATION_VERSIONS = ["v1", "v1beta1", "v1alpha1"] as const;
export const STORAGE_MIGRATION_GROUP = "storagemigration.k8s.io";

export type StorageMigrationVersion = (typeof STORAGE_MIGRATION_VERSIONS)[number];

export interface DiscoveredResource {
  readonly served: boolean;
  /** Names the group, version and kind in which this server stores the resource. */
  readonly storageVersionHash?: string;
}

/**
 * What a server that stores `group/version, Kind` shows in its discovery document.
 * k8s.io/apiserver pkg/endpoints/discovery/storageversionhash.go
 */
export function storageVersionHash(group: string, version: string, kind: string): string {
  return createHash("sha256").update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString("base64");
}

/** metav1.APIResource, as far as it is read. */
export interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly verbs: readonly string[];
  /** Absent where the server stores no objects of it. */
  readonly storageVersionHash?: string;
}

interface ResourceList {
  resources?: ApiResource[];
}

/**
 * One resource at one version, as the server at the other end discovers it: the plain document, since the aggregated one
 * carries no hash.
 */
export async function discover(caller: Caller, resource: Resource, signal?: AbortSignal): Promise<DiscoveredResource> {
  const found = await discoverApiResource(caller, resource, signal);
  if (found === undefined) return { served: false };
  const { storageVersionHash: hash } = found;
  return hash === undefined ? { served: true } : { served: true, storageVersionHash: hash };
}

/** All that the server says of it; undefined where it does not serve it. */
export async function discoverApiResource(
  caller: Caller,
  resource: Resource,
  signal?: AbortSignal,
): Promise<ApiResource | undefined> {
  const list = await getOrNothing<ResourceList>(caller, groupVersionPath(resource), signal);
  return list?.resources?.find(({ name }) => name === resource.plural);
}

/** The versions of a group, the preferred one first; none where the group is not served. */
export async function discoverVersions(caller: Caller, group: string): Promise<string[]> {
  if (group === "") return (await caller.call<{ versions: string[] }>({ method: "GET", path: "/api" })).versions;
  const found = await getOrNothing<{ versions?: { version: string }[] }>(caller, `/apis/${group}`);
  return (found?.versions ?? []).map(({ version }) => version);
}

/** The newest served version of storagemigration.k8s.io, or undefined where none is: below 1.37 it is off by default. */
export async function discoverStorageMigrationVersion(caller: Caller): Promise<StorageMigrationVersion | undefined> {
  const served = await discoverVersions(caller, STORAGE_MIGRATION_GROUP);
  return STORAGE_MIGRATION_VERSIONS.find((version) => served.includes(version));
}

/** The same, for plans. */
export const plannedStorageMigrationVersion = sharedFor10Seconds(discoverStorageMigrationVersion);

/** 404 means that it is not served; 403 would be a missing right, and stays an error. */
async function getOrNothing<T>(caller: Caller, path: string, signal?: AbortSignal): Promise<T | undefined> {
  try {
    return await caller.call<T>({ method: "GET", path, ...(signal && { signal }) });
  } catch (error) {
    if (hasErrorStatus(error, 404)) return undefined;
    throw error;
  }
}
