import type { Definition, Schema } from "../../../components/crd/definition";
import type { KubernetesObject } from "../../../components/kubernetes/api";
import type { ObjectsRead, RollbackFacts } from "../../../components/rollback/facts";
import { manifest, schema, version, withMetadata, withStored } from "../fixtures";

/** databases.example.com moved from v1 (spec.host) to v2 (spec.host, spec.tier), both stored. */
export const moved: Definition = withStored(
  withMetadata(manifest(version("v1", schema("host")), version("v2 storage", schema("host", "tier"))), {
    uid: "uid-1",
    generation: 3,
  }),
  "v1",
  "v2",
);

export const object = (name: string, spec: object, more: object = {}): KubernetesObject => ({
  apiVersion: "example.com/v2",
  kind: "Database",
  metadata: { namespace: "default", name, resourceVersion: "7", ...more },
  spec,
});

export const all = (...objects: KubernetesObject[]): ObjectsRead => ({
  state: "read",
  objects,
  isAll: true,
  resourceVersion: "100",
});

export function facts(given: Partial<RollbackFacts> = {}): RollbackFacts {
  return { live: moved, to: "v1", read: { v2: all() }, conversion: { state: "not asked" }, ...given };
}

export const objectSchema = (properties: Record<string, Schema>, more: Schema = {}): Schema => ({
  type: "object",
  properties,
  ...more,
});
