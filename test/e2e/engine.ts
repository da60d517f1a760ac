import type { Definition, Schema } from "../../components/crd/definition";
import { REHEARSAL_ANNOTATION } from "../../components/crd/names";
import type { KubernetesObject } from "../../components/kubernetes/api";
import { Cluster } from "../../components/kubernetes/cluster";
import { hasErrorStatus } from "../../components/kubernetes/errors";
import type { Work } from "../../components/kubernetes/report";
import { rightsForDrop, rightsForUp } from "../../components/kubernetes/rights/rolloutRights";
import type { MigratedResource, PolicyRule } from "../../components/kubernetes/rights/policyRule";
import { requireLiveDefinition } from "../../components/migration/definition/liveDefinition";
import type { Cluster as LocalCluster, ClusterOptions } from "../../local/cluster/cluster";
import { readEtcd } from "../../local/cluster/etcd";
import { startTestCluster } from "../../local/cluster/forTests";

export const group = "engine.example.com";

/** A real control plane and the engine connected to it as a user with the listed rights over the CRDs that were defined. */
export interface Bench {
  local: LocalCluster;
  cluster: Cluster;
  /** Every message reported so far. */
  said: string[];
  work: Work;
  /** Applies a CRD with versions v1 and v2. */
  define(kind: string, definition: DefinitionOptions): Promise<Definition>;
  live(plural: string): Promise<Definition>;
  create(plural: string, version: string, objects: readonly object[]): Promise<void>;
  /** `namespace/name` → apiVersion, as etcd's own bytes have it. */
  stored(plural: string): Promise<Record<string, string>>;
  /** The objects themselves, from there. */
  contents(plural: string): Promise<KubernetesObject[]>;
  end(): Promise<void>;
}

export interface DefinitionOptions {
  storage: string;
  schema?: Partial<Record<"v1" | "v2", Schema>>;
  served?: readonly string[];
  versions?: readonly string[];
  conversion?: object;
}

export const pluralOf = (kind: string): string => `${kind.toLowerCase()}s`;

const anything: Schema = {
  type: "object",
  properties: {
    spec: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  },
};

/** Refuses objects whose host is `bad`, unchanged ones too: rules with oldSelf are not ratcheted. */
export const refusesBad: Schema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      "x-kubernetes-preserve-unknown-fields": true,
      properties: { host: { type: "string" } },
      "x-kubernetes-validations": [
        { rule: "self.host != 'bad' || oldSelf.host != 'bad'", message: "bad may not stay" },
      ],
    },
  },
};

export function definitionOf(kind: string, options: DefinitionOptions): object {
  const { storage, schema = {}, versions = ["v1", "v2"], served = versions, conversion } = options;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${pluralOf(kind)}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural: pluralOf(kind), singular: kind.toLowerCase(), listKind: `${kind}List` },
      conversion: conversion ?? { strategy: "None" },
      versions: versions.map((name) => ({
        name,
        served: served.includes(name),
        storage: name === storage,
        schema: { openAPIV3Schema: schema[name as "v1" | "v2"] ?? anything },
      })),
    },
  };
}

export interface BenchOptions extends Omit<ClusterOptions, "dir"> {
  /** What the engine's user may do beside moving the CRDs of `define`. */
  rights?: readonly PolicyRule[];
}

export async function startBench(name: string, { rights = [], ...options }: BenchOptions = {}): Promise<Bench> {
  const local = await startTestCluster(name, options);
  const resources: MigratedResource[] = [];
  const user = (): Promise<string> =>
    local.userKubeconfig("engine", [...rightsForUp(resources), ...rightsForDrop(), ...rights]);
  const cluster = await Cluster.connect({ kubeconfig: await user() });
  const said: string[] = [];
  const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  return {
    local,
    cluster,
    said,
    work: { report: (message) => void said.push(message), signal: new AbortController().signal },
    define: async (kind, definition) => {
      const body = definitionOf(kind, definition);
      const name = `${pluralOf(kind)}.${group}`;
      await local.client.apply(`${definitions}/${name}`, body, "test");
      await answersEveryVersion(local, pluralOf(kind), definition);
      if (!resources.some(({ plural }) => plural === pluralOf(kind))) {
        resources.push({ group, plural: pluralOf(kind) });
        await user();
        await learnsOf(cluster, name);
      }
      return requireLiveDefinition(cluster, name);
    },
    live: (plural) => requireLiveDefinition(cluster, `${plural}.${group}`),
    create: async (plural, version, objects) => {
      const path = `/apis/${group}/${version}/namespaces/default/${plural}`;
      const create = async (object: object): Promise<void> => {
        for (;;) {
          const answer = await local.client.send("POST", path, object);
          if (answer.status === 201) return;
          // The first request after an edit of the CRD may meet no handler yet.
          if (![404, 429, 500].includes(answer.status)) throw new Error(JSON.stringify(answer.body));
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      };
      for (let at = 0; at < objects.length; at += 20) await Promise.all(objects.slice(at, at + 20).map(create));
    },
    stored: async (plural) => {
      const prefix = `/registry/${group}/${plural}/`;
      const entries = await readEtcd(local.etcd, prefix);
      const versionOf = (value: string): string => (JSON.parse(value) as KubernetesObject).apiVersion ?? "";
      return Object.fromEntries(entries.map(({ key, value }) => [key.slice(prefix.length), versionOf(value)]));
    },
    contents: async (plural) => {
      const entries = await readEtcd(local.etcd, `/registry/${group}/${plural}/`);
      return entries.map(({ value }) => JSON.parse(value) as KubernetesObject);
    },
    end: async () => {
      cluster.close();
      await local.stop();
    },
  };
}

/** What store leaves on the CRD: from which version storage moved to this one, and at which resourceVersion. */
export async function recordFlip(
  bench: Bench,
  plural: string,
  version: string,
  flipped: { from: string; at: string | undefined },
): Promise<void> {
  const { uid, generation } = (await bench.live(plural)).metadata;
  const rehearsal = JSON.stringify({ uid, generation, version, flipped });
  await bench.local.client.mergePatch(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${group}`, {
    metadata: { annotations: { [REHEARSAL_ANNOTATION]: rehearsal } },
  });
}

/** The API server learns of new rights by a watch. Those over the CRD stand in the same role as all others. */
async function learnsOf(cluster: Cluster, definition: string): Promise<void> {
  for (;;) {
    try {
      return void (await requireLiveDefinition(cluster, definition));
    } catch (error) {
      if (!hasErrorStatus(error, 403)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Established comes before the handlers do. */
async function answersEveryVersion(local: LocalCluster, plural: string, options: DefinitionOptions): Promise<void> {
  for (const version of options.served ?? options.versions ?? ["v1", "v2"]) {
    while ((await local.client.send("GET", `/apis/${group}/${version}/${plural}?limit=1`)).status === 404) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** `count` objects of a kind at a version. */
export function objectsOf(
  kind: string,
  version: string,
  count: number,
  spec: object = { host: "h", port: 1 },
): object[] {
  return Array.from({ length: count }, (_, index) =>
    objectOf(kind, version, `o-${String(index).padStart(5, "0")}`, spec),
  );
}

export function objectOf(kind: string, version: string, name: string, spec: object): object {
  return { apiVersion: `${group}/${version}`, kind, metadata: { name }, spec };
}
