import { createHash } from "crypto";
import type { Caller, Resource } from "./api";
import { hasStatus } from "./errors";
import { sharedFor10Seconds } from "./shared";

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

interface ResourceList {
  resources?: { name: string; storageVersionHash?: string }[];
}

/**
 * One resource at one version, as the server at the other end discovers it: the plain document, since the aggregated one
 * carries no hash.
 */
export async function discover(caller: Caller, resource: Resource, signal?: AbortSignal): Promise<DiscoveredResource> {
  const path = `/apis/${resource.group}/${resource.version}`;
  const list = await getOrNothing<ResourceList>(caller, path, signal);
  const found = list?.resources?.find(({ name }) => name === resource.plural);
  if (found === undefined) return { served: false };
  const { storageVersionHash: hash } = found;
  return hash === undefined ? { served: true } : { served: true, storageVersionHash: hash };
}

/** The newest served version of storagemigration.k8s.io, or undefined where none is: below 1.37 it is off by default. */
export async function servedStorageMigrationVersion(caller: Caller): Promise<StorageMigrationVersion | undefined> {
  const group = await getOrNothing<{ versions?: { version: string }[] }>(caller, `/apis/${STORAGE_MIGRATION_GROUP}`);
  const served = (group?.versions ?? []).map(({ version }) => version);
  return STORAGE_MIGRATION_VERSIONS.find((version) => served.includes(version));
}

/** The same, for plans. */
export const plannedStorageMigrationVersion = sharedFor10Seconds(servedStorageMigrationVersion);

/** 404 means that it is not served; 403 would be a missing right, and stays an error. */
async function getOrNothing<T>(caller: Caller, path: string, signal?: AbortSignal): Promise<T | undefined> {
  try {
    return await caller.call<T>({ method: "GET", path, ...(signal && { signal }) });
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  }
}
