import type { VersionedCRDArgs } from "../../components";
import { REHEARSAL_ANNOTATION } from "../../components/crd/names";
import type { Answer, Client } from "../../local/cluster/client";
import { readEtcd } from "../../local/cluster/etcd";
import { type Admission, startAdmission, webhookConfiguration } from "./admission";
import { startWorld, type World } from "./harness";

export const group = "stable.example.com";
export const MERGE = "application/merge-patch+json";

const text = { type: "string" };
export const SCHEMAS = { v1: { hostPort: text }, v2: { host: text, port: text } };
type Schemas = Partial<Record<keyof typeof SCHEMAS, Record<string, typeof text>>>;
type VersionName = keyof typeof SCHEMAS;

const kindOf = (plural: string): string => `${plural.charAt(0).toUpperCase()}${plural.slice(1, -1)}`;

/** The last of the versions is the storage version; `more` is what else is said of one. */
export function crdOf(
  plural: string,
  names: VersionName[],
  schemas: Schemas = {},
  more: Partial<Record<VersionName, object>> = {},
): VersionedCRDArgs["crd"] & object {
  const versions = names.map((name) => ({
    name,
    served: true,
    storage: name === names.at(-1),
    schema: { openAPIV3Schema: { type: "object", properties: { ...SCHEMAS, ...schemas }[name] } },
    ...more[name],
  }));
  const metadata = { name: `${plural}.${group}` };
  return { metadata, spec: { group, scope: "Namespaced", names: { plural, kind: kindOf(plural) }, versions } };
}

export interface Version {
  name: string;
  storage: boolean;
}

/** One CRD of its own for each attempt, in a control plane that all of them share. */
export interface Attempt {
  plural: string;
  path(version: string, name?: string): string;
  object(version: string, name: string, rest: object): object;
  create(name: string, hostPort?: string): Promise<unknown>;
  createMany(count: number): Promise<void>;
  items(version: string): Promise<{ metadata: { name: string }; port?: string }[]>;
  definition(): Promise<Answer["body"]>;
  editDefinition(patch: object): Promise<unknown>;
  versions(): Promise<string[]>;
  storedVersions(): Promise<string[]>;
  /** Every `group/version` in etcd, once. */
  stored(): Promise<string[]>;
  /** What etcd holds of every object. */
  bytes(): Promise<string>;
  /** A validating admission webhook in front of this resource. */
  admission(decide: Admission): Promise<void>;
  noAdmission(): Promise<unknown>;
  /** Until the lock says that this phase is at work. */
  atWork(phase: string): Promise<void>;
  /** Until a clean rehearsal is on record. */
  rehearsed(): Promise<void>;
  args(names: VersionName[], more?: Partial<VersionedCRDArgs>): VersionedCRDArgs;
}

export interface LossWorld extends Omit<World, "end"> {
  client: Client;
  attempt(plural: string): Attempt;
  end(): Promise<void>;
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Until the lock of this CRD says that this phase is at work. */
export async function atWork(client: Client, crd: string, phase: string): Promise<void> {
  const lease = `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/storage-migration-${crd}`;
  for (;;) {
    const { body } = await client.send("GET", lease);
    if (body.spec?.holderIdentity?.startsWith(`${phase} of`)) return;
    await pause(20);
  }
}

/** The message of what failed, or "". */
export function settled(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => "",
    (error: Error) => error.message,
  );
}

export async function startLossWorld(plurals: string[]): Promise<LossWorld> {
  const world = await startWorld(plurals.map((plural) => ({ group, plural })));
  const { client } = world.cluster;
  const webhook = await world.webhook();
  const decisions: Record<string, Admission> = {};
  const admission = await startAdmission(decisions);
  return {
    ...world,
    client,
    attempt: (plural) => {
      const definitionPath = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${group}`;
      const hooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
      const path = (version: string, name = ""): string =>
        `/apis/${group}/${version}/namespaces/default/${plural}${name && `/${name}`}`;
      const object = (version: string, name: string, rest: object): object => ({
        apiVersion: `${group}/${version}`,
        kind: kindOf(plural),
        metadata: { name },
        ...rest,
      });
      const create = (name: string, hostPort = "host:80") => client.post(path("v1"), object("v1", name, { hostPort }));
      const definition = () => client.get(definitionPath);
      return {
        plural,
        path,
        object,
        create,
        definition,
        createMany: async (count) => {
          for (let index = 0; index < count; index++) await create(`old-${index}`, `host-${index}:80`);
        },
        items: async (version) => (await client.get(path(version))).items,
        editDefinition: (patch) => client.mergePatch(definitionPath, patch),
        versions: async () => (await definition()).spec.versions.map(({ name }: Version) => name).sort(),
        storedVersions: async () => (await definition()).status.storedVersions,
        stored: async () => [...new Set(Object.values(await world.stored(group, plural)))].sort(),
        bytes: async () => {
          const entries = await readEtcd(world.cluster.etcd, `/registry/${group}/${plural}/`);
          // Without metadata: managedFields names fields that are gone.
          return entries
            .map(({ value }) => JSON.stringify({ ...(JSON.parse(value) as object), metadata: 0 }))
            .join(" ");
        },
        admission: async (decide) => {
          decisions[plural] = decide;
          await client.post(hooks, webhookConfiguration({ group, plural }, admission));
        },
        noAdmission: () => client.delete(`${hooks}/${plural}`),
        atWork: (phase) => atWork(client, `${plural}.${group}`, phase),
        rehearsed: async () => {
          while ((await definition()).metadata.annotations?.[REHEARSAL_ANNOTATION] === undefined) await pause(100);
        },
        args: (names, more = {}) => ({
          crd: crdOf(plural, names),
          ...(names.includes("v2") && { conversion: { url: webhook.url, caBundle: webhook.caBundle } }),
          migrator: "direct",
          ...more,
        }),
      };
    },
    end: async () => {
      admission.close();
      await world.end();
    },
  };
}
