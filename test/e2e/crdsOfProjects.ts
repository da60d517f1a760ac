import type { Conversion, Definition, Version } from "../../components/crd/definition";
import type { Client } from "../../local/cluster/client";
import { pluralOf } from "../shapes/manifests";

/** CRDs as projects leave them in a cluster; made up here, and nothing is copied from one of them. */

export const crdPath = (name = ""): string =>
  `/apis/apiextensions.k8s.io/v1/customresourcedefinitions${name === "" ? "" : `/${name}`}`;

const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };

/** `v1 v2*`: both served, v2 stored. `v1- v2*`: v1 is not served. `v1! v2*`: v1 is deprecated. */
export function versionsOf(text: string): Version[] {
  return text.split(" ").map((word) => {
    const [, name = "", marks = ""] = /^(\w+)([-!*]*)$/.exec(word) ?? [];
    const deprecated = marks.includes("!") && { deprecated: true };
    return { name, served: !marks.includes("-"), storage: marks.includes("*"), ...deprecated, schema };
  });
}

export interface ProjectCrd {
  kind: string;
  group: string;
  versions: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  conversion?: Conversion;
}

export function projectCrd({ kind, group, versions, labels, annotations, conversion }: ProjectCrd): Definition {
  const plural = pluralOf(kind);
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}`, ...(labels && { labels }), ...(annotations && { annotations }) },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: versionsOf(versions),
      ...(conversion && { conversion }),
    },
  };
}

/** Installs it, and then each later release of it: storedVersions gathers every storage version that there was. */
export async function install(client: Client, crd: ProjectCrd, ...releases: string[]): Promise<void> {
  const { metadata } = projectCrd(crd);
  await client.apply(crdPath(metadata.name), projectCrd(crd), "helm");
  await awaitEstablished(client, metadata.name);
  await upgrade(client, crd, ...releases);
}

export async function upgrade(client: Client, crd: ProjectCrd, ...releases: string[]): Promise<void> {
  for (const versions of releases) {
    const next = projectCrd({ ...crd, versions });
    await client.apply(crdPath(next.metadata.name), next, "helm");
  }
}

export async function awaitEstablished(client: Client, name: string): Promise<void> {
  for (let tried = 0; tried < 100; tried++) {
    const { status } = (await client.get(crdPath(name))) as Definition;
    if (status?.conditions?.some(({ type, status }) => type === "Established" && status === "True") === true) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${name} is not established`);
}

export function objectOf({ kind, group }: ProjectCrd, version: string, name: string, metadata: object = {}): object {
  return { apiVersion: `${group}/${version}`, kind, metadata: { name, ...metadata }, spec: { size: 1 } };
}

export async function create(
  client: Client,
  crd: ProjectCrd,
  version: string,
  name: string,
  metadata: object = {},
): Promise<void> {
  const path = `/apis/${crd.group}/${version}/namespaces/default/${pluralOf(crd.kind)}`;
  // The API server serves a CRD a moment after it is established.
  for (let tried = 0; ; tried++) {
    const answer = await client.send("POST", path, objectOf(crd, version, name, metadata));
    if (answer.status === 201) return;
    if (tried === 50) throw new Error(`POST ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
