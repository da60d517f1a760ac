import type { Definition } from "../../crd/definition";
import { servedVersionNames, storageVersion } from "../../crd/definition";
import { FIELD_MANAGER } from "../../crd/names";
import { PatchType, type KubernetesList, type KubernetesObject, type Resource } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { STORAGE_MIGRATION_GROUP, type StorageMigrationVersion } from "../../kubernetes/discovery";
import { hasErrorStatus } from "../../kubernetes/errors";

const GENERATION_ANNOTATION = `${FIELD_MANAGER}/generation`;
const STORED_VERSIONS_ANNOTATION = `${FIELD_MANAGER}/stored-versions`;
const NUDGE_ANNOTATION = `${FIELD_MANAGER}/nudge`;
const OURS = { "app.kubernetes.io/managed-by": FIELD_MANAGER };

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** Of any served version; what differs between them is only how the resource is named in a new one. */
export interface StorageVersionMigration extends KubernetesObject {
  spec?: { resource?: { group?: string; resource?: string } };
  status?: { conditions?: readonly Condition[]; resourceVersion?: string };
}

/** What is to be migrated, and for what: a CRD's new storage version, or a new key of any resource. */
export interface MigrationSubject {
  readonly resource: Resource;
  /** Prefix of metadata.name. */
  readonly name: string;
  /** One of ours with the same mark is of the same migration: killed in the middle, we go on with it. */
  readonly mark: { readonly annotation: string; readonly value: string };
  /** Whose status.storedVersions has to be guarded; absent for what is built in. */
  readonly crd?: { readonly name: string; readonly served: readonly string[] };
}

export function storageVersionMigrationSubject(definition: Definition): MigrationSubject {
  const { group, names } = definition.spec;
  const { name, generation } = definition.metadata;
  return {
    resource: { group, plural: names.plural, version: storageVersion(definition) },
    name,
    mark: { annotation: GENERATION_ANNOTATION, value: String(generation) },
    crd: { name, served: servedVersionNames(definition) },
  };
}

/** A StorageVersionMigration to create for this subject, through this version of the API. */
export function newMigration(
  version: StorageMigrationVersion,
  { resource, name, mark }: MigrationSubject,
  storedVersions: readonly string[],
): object {
  return {
    apiVersion: `${STORAGE_MIGRATION_GROUP}/${version}`,
    kind: "StorageVersionMigration",
    metadata: {
      // A terminal one is never run again, so each run needs a name of its own.
      generateName: `${name}-`,
      labels: OURS,
      annotations: {
        [mark.annotation]: mark.value,
        [STORED_VERSIONS_ANNOTATION]: storedVersions.join(","),
      },
    },
    spec: {
      resource: {
        group: resource.group,
        resource: resource.plural,
        // Required up to 1.34, unknown from 1.35 on.
        ...(version === "v1alpha1" && { version: resource.version }),
      },
    },
  };
}

export function hasMigrationCondition(migration: StorageVersionMigration, type: string): boolean {
  return migration.status?.conditions?.some((each) => each.type === type && each.status === "True") === true;
}

export function isTerminalMigration(migration: StorageVersionMigration): boolean {
  return hasMigrationCondition(migration, "Succeeded") || hasMigrationCondition(migration, "Failed");
}

/** What status.storedVersions named before this migration began. */
export function storedVersionsBefore(migration: StorageVersionMigration): string[] {
  const recorded = migration.metadata.annotations?.[STORED_VERSIONS_ANNOTATION] ?? "";
  return recorded.split(",").filter((version) => version !== "");
}

/** The StorageVersionMigrations of one resource, ours and others'. */
export interface Found {
  /** Made by us with the same mark, and not failed: killed in the middle, we go on with it. */
  readonly current?: StorageVersionMigration;
  /** Ours, not terminal, of another mark: it would hold up every later one. */
  readonly stale: readonly StorageVersionMigration[];
  /** Someone else's that is not terminal: only one at a time runs for each resource. */
  readonly others: readonly StorageVersionMigration[];
}

export function classifyMigrations(
  migrations: readonly StorageVersionMigration[],
  { resource, mark }: Pick<MigrationSubject, "resource" | "mark">,
): Found {
  const ofResource = migrations.filter(
    // An empty group is left out of what the API server answers.
    ({ spec }) => (spec?.resource?.group ?? "") === resource.group && spec?.resource?.resource === resource.plural,
  );
  // A CRD's version and its key may move at the same time: neither takes the other's for its own.
  const ours = ofResource.filter(
    ({ metadata }) =>
      metadata.labels?.["app.kubernetes.io/managed-by"] === FIELD_MANAGER &&
      metadata.annotations?.[mark.annotation] !== undefined,
  );
  const isCurrent = ({ metadata }: StorageVersionMigration): boolean =>
    metadata.annotations?.[mark.annotation] === mark.value;
  const current = ours.find((migration) => isCurrent(migration) && !hasMigrationCondition(migration, "Failed"));
  return {
    ...(current && { current }),
    stale: ours.filter((migration) => !isCurrent(migration) && !isTerminalMigration(migration)),
    others: ofResource.filter((migration) => !ours.includes(migration) && !isTerminalMigration(migration)),
  };
}

/** Requests for one version of the API. */
export class StorageVersionMigrations {
  private readonly path: string;

  constructor(
    private readonly cluster: Cluster,
    version: StorageMigrationVersion,
    private readonly signal: AbortSignal,
  ) {
    this.path = `/apis/${STORAGE_MIGRATION_GROUP}/${version}/storageversionmigrations`;
  }

  async list(): Promise<StorageVersionMigration[]> {
    const { path, signal } = this;
    const list = await this.cluster.call<KubernetesList<StorageVersionMigration>>({ method: "GET", path, signal });
    return list.items ?? [];
  }

  create(body: object): Promise<StorageVersionMigration> {
    return this.cluster.call<StorageVersionMigration>({ method: "POST", path: this.path, body, signal: this.signal });
  }

  async get(name: string): Promise<StorageVersionMigration | undefined> {
    const path = `${this.path}/${name}`;
    try {
      return await this.cluster.call<StorageVersionMigration>({ method: "GET", path, signal: this.signal });
    } catch (error) {
      if (hasErrorStatus(error, 404)) return undefined;
      throw error;
    }
  }

  /** An update that means nothing but is one. */
  async nudge(name: string, nth: number): Promise<void> {
    const body = { metadata: { annotations: { [NUDGE_ANNOTATION]: String(nth) } } };
    await this.cluster.call({
      method: "PATCH",
      path: `${this.path}/${name}`,
      body,
      contentType: PatchType.merge,
      signal: this.signal,
    });
  }

  async delete(name: string): Promise<void> {
    try {
      await this.cluster.call({ method: "DELETE", path: `${this.path}/${name}`, signal: this.signal });
    } catch (error) {
      if (!hasErrorStatus(error, 404)) throw error;
    }
  }

  /** @returns false where it has changed since */
  async deleteAsItIs({ metadata }: StorageVersionMigration): Promise<boolean> {
    const { name, resourceVersion } = metadata;
    const body = { preconditions: { resourceVersion } };
    try {
      await this.cluster.call({ method: "DELETE", path: `${this.path}/${name}`, body, signal: this.signal });
      return true;
    } catch (error) {
      if (hasErrorStatus(error, 409)) return false;
      if (hasErrorStatus(error, 404)) return true;
      throw error;
    }
  }
}
