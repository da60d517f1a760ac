import type { EtcdEntry } from "../../local/cluster/etcd";
import type { Stored } from "./stage";

/** Of what etcd holds, how much is not as it should be. */
export function countLeft(entries: readonly EtcdEntry[], isMigrated: (value: string) => boolean): Stored {
  return { objects: entries.length, left: entries.filter(({ value }) => !isMigrated(value)).length };
}

/** A custom resource is JSON, with the version that it is stored in. */
export function isStoredAs(apiVersion: string): (value: string) => boolean {
  return (value) => (JSON.parse(value) as { apiVersion?: string }).apiVersion === apiVersion;
}

/** What is encrypted begins with the name of its key; what is not begins otherwise. */
export function isUnderKey(key: string): (value: string) => boolean {
  return (value) => value.startsWith(`k8s:enc:secretbox:v1:${key}:`);
}
