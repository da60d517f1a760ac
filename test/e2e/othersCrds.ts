import { spawn, type ChildProcess } from "child_process";
import type { Definition } from "../../components/crd/definition";
import { checkout } from "../../local/checkout";
import type { Cluster } from "../../local/cluster/cluster";
import { readEtcd } from "../../local/cluster/etcd";

/** CRDs as a chart ships them: applied by somebody else, one version after the other. */
export interface CrdOptions {
  versions: readonly string[];
  storage: string;
  served?: readonly string[];
  conversion?: object;
  annotations?: Record<string, string>;
  description?: string;
  /** Fields of spec by version, each a string but for `size`; without it, everything is kept. */
  fields?: Readonly<Record<string, readonly string[]>>;
}

export const pathOf = (crd: string): string => `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd}`;

const pluralOf = (crd: string): string => crd.slice(0, crd.indexOf("."));
const groupOf = (crd: string): string => crd.slice(crd.indexOf(".") + 1);
const kindOf = (crd: string): string => pluralOf(crd)[0]?.toUpperCase() + pluralOf(crd).slice(1, -1);

/** Applies the CRD as field manager `chart`, and waits until every served version answers. */
export async function define({ client }: Cluster, crd: string, options: CrdOptions): Promise<Definition> {
  const { versions, storage, served = versions, conversion, annotations, description, fields } = options;
  const plural = pluralOf(crd);
  const specOf = (names: readonly string[] | undefined) =>
    names === undefined
      ? { "x-kubernetes-preserve-unknown-fields": true }
      : {
          properties: Object.fromEntries(names.map((name) => [name, { type: name === "size" ? "integer" : "string" }])),
        };
  const schemaOf = (version: string) => ({
    type: "object",
    ...(description !== undefined && { description }),
    properties: { spec: { type: "object", ...specOf(fields?.[version]) } },
  });
  const body = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: crd, labels: { "app.kubernetes.io/managed-by": "Helm" }, ...(annotations && { annotations }) },
    spec: {
      group: groupOf(crd),
      scope: "Namespaced",
      names: { kind: kindOf(crd), plural, singular: plural.slice(0, -1), listKind: `${kindOf(crd)}List` },
      conversion: conversion ?? { strategy: "None" },
      versions: versions.map((name) => ({
        name,
        served: served.includes(name),
        storage: name === storage,
        schema: { openAPIV3Schema: schemaOf(name) },
      })),
    },
  };
  await client.apply(pathOf(crd), body, "chart");
  for (const version of served) {
    while ((await client.send("GET", `${objectsPath(crd, version)}?limit=1`)).status === 404) await pause(100);
  }
  return live({ client }, crd);
}

export async function live({ client }: Pick<Cluster, "client">, crd: string): Promise<Definition> {
  return (await client.get(pathOf(crd))) as Definition;
}

export function objectsPath(crd: string, version: string): string {
  return `/apis/${groupOf(crd)}/${version}/namespaces/default/${pluralOf(crd)}`;
}

/** Objects `NAME-0` and so on, applied through this version; so their managedFields name it. */
export async function createObjects(cluster: Cluster, crd: string, version: string, name: string, count: number) {
  const create = async (index: number): Promise<void> => {
    const metadata = { name: `${name}-${index}`, labels: { made: "by-test" } };
    const object = { apiVersion: `${groupOf(crd)}/${version}`, kind: kindOf(crd), metadata, spec: { size: index } };
    const path = `${objectsPath(crd, version)}/${name}-${index}?fieldManager=operator`;
    for (;;) {
      const { status, body } = await cluster.client.send("PATCH", path, object, "application/apply-patch+yaml");
      if (status === 201) return;
      // The first request after an edit of the CRD may meet no handler yet.
      if (![404, 429, 500].includes(status)) throw new Error(JSON.stringify(body));
      await pause(200);
    }
  };
  for (let at = 0; at < count; at += 20) {
    await Promise.all(Array.from({ length: Math.min(20, count - at) }, (_, index) => create(at + index)));
  }
}

/** One object named `kept` with this spec, created through this version. */
export async function createKept({ client }: Cluster, crd: string, version: string, spec: object, metadata = {}) {
  const apiVersion = `${groupOf(crd)}/${version}`;
  const object = { apiVersion, kind: kindOf(crd), metadata: { name: "kept", ...metadata }, spec };
  await client.post(objectsPath(crd, version), object);
}

export async function specOfKept({ client }: Cluster, crd: string, version: string): Promise<unknown> {
  return (await client.get(`${objectsPath(crd, version)}/kept`)).spec;
}

/** How many objects etcd's own bytes hold at each version. */
export async function stored({ etcd }: Cluster, crd: string): Promise<Record<string, number>> {
  const counted: Record<string, number> = {};
  for (const { value } of await readEtcd(etcd, `/registry/${groupOf(crd)}/${pluralOf(crd)}/`)) {
    const version = (JSON.parse(value) as { apiVersion: string }).apiVersion.split("/")[1] ?? "";
    counted[version] = (counted[version] ?? 0) + 1;
  }
  return counted;
}

/** Three generations of a chart: storedVersions names three versions, with `each` objects in each. */
export async function threeGenerations(cluster: Cluster, crd: string, each: number, served?: string[]): Promise<void> {
  const versions: string[] = [];
  for (const version of ["v1alpha1", "v1beta1", "v1"]) {
    versions.push(version);
    await define(cluster, crd, { versions, storage: version });
    await createObjects(cluster, crd, version, version, each);
  }
  if (served !== undefined) await define(cluster, crd, { versions, storage: "v1", served });
}

/** What a migration must leave alone: the CRD's spec, labels and generation, who owns what of it, and every object's content. */
export async function untouched(cluster: Cluster, crd: string, version = "v1"): Promise<unknown> {
  const { metadata, spec } = await live(cluster, crd);
  const { items } = (await listed(cluster, crd, version)) as {
    items: { metadata: { name: string; uid: string; generation: number; labels: object }; spec: object }[];
  };
  return {
    spec,
    labels: metadata.labels,
    generation: metadata.generation,
    owners: (metadata.managedFields ?? [])
      .filter(({ fieldsV1 = {} }) => "f:spec" in fieldsV1)
      .map(({ manager, operation, fieldsV1 }) => ({ manager, operation, fieldsV1 })),
    objects: items.map(({ metadata: { name, uid, generation, labels }, ...rest }) => [
      name,
      uid,
      generation,
      labels,
      rest.spec,
    ]),
  };
}

/** Its objects, once the API server's cache is filled again after an edit of the CRD. */
export async function listed({ client }: Cluster, crd: string, version: string): Promise<unknown> {
  for (;;) {
    const { status, body } = await client.send("GET", objectsPath(crd, version));
    if (status === 200) return body;
    if (![404, 429, 500].includes(status)) throw new Error(JSON.stringify(body));
    await pause(100);
  }
}

export interface Ran {
  code: number | null;
  out: string;
  err: string;
}

/** The bin in a process of its own, as a pipeline runs it. */
export function startBin(kubeconfig: string, ...args: string[]): { child: ChildProcess; ended: Promise<Ran> } {
  const main = checkout("dist", "components", "command", "main.js");
  const child = spawn(process.execPath, [main, ...args, "--kubeconfig", kubeconfig], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said.err += chunk.toString()));
  const ended = new Promise<Ran>((resolve) => child.once("close", (code) => resolve({ code, ...said })));
  return { child, ended };
}

/** Waits until it has said this on standard error. */
export async function untilSaid({ child, ended }: ReturnType<typeof startBin>, pattern: RegExp): Promise<void> {
  let said = "";
  const seen = new Promise<void>((resolve) => {
    child.stderr?.on("data", (chunk: Buffer) => {
      if (pattern.test((said += chunk.toString()))) resolve();
    });
  });
  await Promise.race([seen, ended.then(({ err }) => Promise.reject(new Error(`it ended: ${err}`)))]);
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
