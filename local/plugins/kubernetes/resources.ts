import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { connect, type Answer, type Client } from "../../cluster/client";

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** A Kubernetes object as the program wrote it. */
export interface Manifest extends JsonObject {
  apiVersion: string;
  kind: string;
  metadata: JsonObject;
}

interface Kubeconfig {
  "current-context"?: string;
  clusters: { name: string; cluster: { server: string; "certificate-authority-data": string } }[];
  users: { name: string; user: { token?: string } }[];
  contexts: { name: string; context: { cluster: string; user: string } }[];
}

/** Bearer tokens only, as `local/cluster` hands them out. */
export function clientOf(kubeconfig: string | undefined, context: string | undefined): Client {
  const given = kubeconfig ?? process.env["KUBECONFIG"] ?? join(homedir(), ".kube", "config");
  const config = parse(existsSync(given) ? readFileSync(given, "utf8") : given) as Kubeconfig;
  const wanted = context ?? config["current-context"];
  const chosen = config.contexts?.find(({ name }) => name === wanted)?.context;
  const cluster = config.clusters?.find(({ name }) => name === chosen?.cluster)?.cluster;
  const token = config.users?.find(({ name }) => name === chosen?.user)?.user.token;
  if (cluster === undefined || token === undefined) {
    throw new Error(
      `no context ${wanted} with a bearer token in the kubeconfig: this stand-in knows no other credentials`,
    );
  }
  const ca = Buffer.from(cluster["certificate-authority-data"], "base64").toString();
  return connect({ server: cluster.server, ca, token });
}

interface ApiResource {
  name: string;
  kind: string;
  namespaced: boolean;
}

export function textOf(value: Json | undefined, otherwise = ""): string {
  return typeof value === "string" ? value : otherwise;
}

/** The cluster did not have this kind (yet). */
export class NoMatch extends Error {}

/** REST path of a kind's collection, by discovery. */
export async function collectionPath(client: Client, { apiVersion, kind, metadata }: Manifest): Promise<string> {
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const answer = await client.send("GET", root);
  const resources = answer.status === 200 ? (answer.body as { resources: ApiResource[] }).resources : [];
  const found = resources.find((resource) => resource.kind === kind && !resource.name.includes("/"));
  if (found === undefined) {
    throw new NoMatch(`no matches for kind "${kind}" in version "${apiVersion}"`);
  }
  const namespace = textOf(metadata["namespace"], "default");
  return found.namespaced ? `${root}/namespaces/${namespace}/${found.name}` : `${root}/${found.name}`;
}

export async function objectPath(client: Client, manifest: Manifest): Promise<string> {
  return `${await collectionPath(client, manifest)}/${textOf(manifest.metadata["name"])}`;
}

export function isNotFound({ status }: Answer): boolean {
  return status === 404;
}

/** The answer's object, or its Status as an error in the words of the official plugin's log. */
export function objectOf(answer: Answer): JsonObject {
  if (answer.status < 300) return answer.body as JsonObject;
  throw new Error((answer.body as { message?: string }).message ?? `HTTP ${answer.status}`);
}

/** `namespace/name`, or the name alone where there is no namespace: the official provider's id. */
export function idOf({ metadata }: JsonObject): string {
  const { name, namespace } = metadata as { name: string; namespace?: string };
  return namespace === undefined ? name : `${namespace}/${name}`;
}

export function withId(manifest: Manifest, id: string): Manifest {
  const [namespace, name] = id.includes("/") ? id.split("/") : [undefined, id];
  return {
    ...manifest,
    metadata: { ...manifest.metadata, name: name ?? id, ...(namespace !== undefined && { namespace }) },
  };
}
