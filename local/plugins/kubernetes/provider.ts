import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { status, type sendUnaryData, type ServerUnaryCall, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import type { Client } from "../../cluster/client";
import { manifestsOf } from "./manifests";
import { whenReady } from "./ready";
import { changedPaths, inputsOf, replacingPaths } from "./changes";
import {
  clientOf,
  collectionPath,
  idOf,
  isNotFound,
  NoMatch,
  objectOf,
  objectPath,
  textOf,
  withId,
  type JsonObject,
  type Manifest,
} from "./resources";

/** https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/runtime/rpc.ts, unknownValue */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const STAND_IN =
  "stand-in for the official kubernetes plugin: it comes only by download and could not be had here; what a run with it shows is no evidence of the official plugin's own behaviour";

const ATTEMPTS = 5;

/**
 * What the official plugin does for one resource, against the real API server: create is a POST, update of a CRD a PUT and of
 * anything else a server-side apply, delete waits until the object is gone.
 * https://github.com/pulumi/pulumi-kubernetes/blob/master/provider/pkg/await/await.go
 */
export function handlers(warn: (message: string) => void): UntypedServiceImplementation {
  let configured: Client | undefined;
  let config: Record<string, string | undefined> = {};
  const client = (): Client =>
    (configured ??= clientOf(config["kubeconfig"] || undefined, config["context"] || undefined));

  return {
    getPluginInfo: answer(() => new PluginInfo().setVersion("4.34.2")),
    getSchema: answer(() =>
      new messages.GetSchemaResponse().setSchema(
        JSON.stringify({ name: "kubernetes", version: "4.34.2", resources: {} }),
      ),
    ),
    checkConfig: answer((request: messages.CheckRequest) => {
      const response = new messages.CheckResponse();
      response.setInputs(request.getNews());
      return response;
    }),
    diffConfig: answer(() => new messages.DiffResponse().setChanges(messages.DiffResponse.DiffChanges.DIFF_NONE)),
    configure: answer((request: messages.ConfigureRequest) => {
      config = { ...Object.fromEntries(variables(request)), ...(fields(request.getArgs()) as Record<string, string>) };
      return new messages.ConfigureResponse().setSupportspreview(true).setAcceptsecrets(false);
    }),
    invoke: answer((request: messages.InvokeRequest) => {
      const result = manifestsOf(request.getTok(), fields(request.getArgs()));
      if (result === undefined) throw new Error(`${STAND_IN}; it has no ${request.getTok()}`);
      const response = new messages.InvokeResponse();
      response.setReturn(struct({ result }));
      return response;
    }),
    check: answer((request: messages.CheckRequest) => {
      warn(STAND_IN);
      const response = new messages.CheckResponse();
      response.setInputs(struct(named(fields(request.getNews()), fields(request.getOlds()), request.getUrn())));
      return response;
    }),
    diff: answer((request: messages.DiffRequest) => {
      const paths = changedPaths(
        fields(request.getOlds()),
        fields(request.getOldInputs()),
        fields(request.getNews()),
      ).filter((path) => !path.startsWith("__"));
      const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
      const response = new messages.DiffResponse();
      response.setChanges(paths.length === 0 ? DIFF_NONE : DIFF_SOME);
      response.setDiffsList([...new Set(paths.map((path) => path.split(/[.[]/)[0] ?? ""))]);
      response.setReplacesList(replacingPaths(paths));
      // Under another name both can be there at once.
      response.setDeletebeforereplace(replacingPaths(paths).length > 0 && !paths.includes("metadata.name"));
      return response;
    }),
    create: answer(async (request: messages.CreateRequest) => {
      const inputs = fields(request.getProperties()) as Manifest;
      const fieldManager = `pulumi-kubernetes-${randomBytes(4).toString("hex")}`;
      const live = request.getPreview() ? inputs : await create(client(), inputs, fieldManager);
      const response = new messages.CreateResponse();
      response.setId(request.getPreview() ? "" : idOf(live));
      response.setProperties(struct(checkpoint(live, inputs, fieldManager)));
      return response;
    }),
    read: answer(async (request: messages.ReadRequest) => {
      const known = fields(request.getInputs()) as Manifest;
      const inputs = known.kind === undefined ? ofType(request.getType()) : known;
      const found = await client().send("GET", await objectPath(client(), withId(inputs, request.getId())));
      if (isNotFound(found)) return new messages.ReadResponse();
      const live = objectOf(found);
      const fieldManager = textOf(fields(request.getProperties())["__fieldManager"], "pulumi-kubernetes");
      const response = new messages.ReadResponse();
      response.setId(request.getId());
      response.setInputs(struct(known.kind === undefined ? inputsOf(live) : known));
      response.setProperties(struct(checkpoint(live, inputs, fieldManager)));
      return response;
    }),
    update: answer(async (request: messages.UpdateRequest) => {
      const inputs = fields(request.getNews()) as Manifest;
      const fieldManager = textOf(fields(request.getOlds())["__fieldManager"], "pulumi-kubernetes");
      const dry = request.getPreview() ? "&dryRun=All" : "";
      const isUnknown = JSON.stringify(inputs).includes(UNKNOWN);
      const query = `?fieldManager=${fieldManager}${dry}`;
      const changed = isUnknown ? inputs : await update(client(), inputs, query).catch(ifNotYet(request, inputs));
      const live = request.getPreview() ? changed : await whenReady(client(), inputs, changed);
      const response = new messages.UpdateResponse();
      response.setProperties(struct(checkpoint(live, inputs, fieldManager)));
      return response;
    }),
    delete: answer(async (request: messages.DeleteRequest) => {
      await remove(client(), withId(fields(request.getProperties()) as Manifest, request.getId()));
      return new Empty();
    }),
    cancel: answer(() => new Empty()),
  };
}

/** Preview takes a kind or version that is not there yet at its word: its CRD may be part of the same run. */
function ifNotYet(request: messages.UpdateRequest, inputs: Manifest): (error: unknown) => Manifest {
  return (error) => {
    if (request.getPreview() && error instanceof NoMatch) return inputs;
    throw error;
  };
}

async function create(client: Client, inputs: Manifest, fieldManager: string): Promise<JsonObject> {
  for (let attempt = 1; ; attempt++) {
    try {
      const path = await collectionPath(client, inputs);
      const live = objectOf(await client.send("POST", `${path}?fieldManager=${fieldManager}`, inputs));
      return await whenReady(client, inputs, live);
    } catch (error) {
      if (!(error instanceof NoMatch) || attempt === ATTEMPTS) throw error;
      await sleep(500 * attempt); // a custom resource may come before its CRD is established
    }
  }
}

async function update(client: Client, inputs: Manifest, query: string): Promise<JsonObject> {
  const path = await objectPath(client, inputs);
  if (inputs.kind !== "CustomResourceDefinition") {
    // Forced: the entry of our own create is an Update; the official plugin moves it over first (fixCSAFieldManagers).
    return objectOf(await client.send("PATCH", `${path}${query}&force=true`, inputs, "application/apply-patch+yaml"));
  }
  // `kubectl replace`: whatever is not in the inputs is gone.
  const { resourceVersion } = objectOf(await client.send("GET", path))["metadata"] as { resourceVersion: string };
  const metadata = { ...inputs.metadata, resourceVersion };
  return objectOf(await client.send("PUT", path + query, { ...inputs, metadata }));
}

async function remove(client: Client, manifest: Manifest): Promise<void> {
  const path = await objectPath(client, manifest).catch((error: unknown) => {
    if (error instanceof NoMatch) return undefined; // its CRD is gone, and so is it
    throw error;
  });
  if (path === undefined) return;
  const asked = await client.send("DELETE", `${path}?propagationPolicy=Foreground`);
  if (isNotFound(asked)) return;
  objectOf(asked);
  while (!isNotFound(await client.send("GET", path))) await sleep(100);
}

function checkpoint(live: JsonObject, inputs: Manifest, fieldManager: string): JsonObject {
  return { ...live, __initialApiVersion: inputs.apiVersion, __fieldManager: fieldManager };
}

/** A name of our making where the program gives none; the one made first stays. */
function named(news: JsonObject, olds: JsonObject, urn: string): JsonObject {
  const metadata = (news["metadata"] ?? {}) as JsonObject;
  if (metadata["name"] !== undefined) return news;
  const before = ((olds["metadata"] ?? {}) as JsonObject)["name"];
  const name = before ?? `${urn.split("::").at(-1)}-${randomBytes(4).toString("hex")}`;
  return { ...news, metadata: { ...metadata, name } };
}

/** `kubernetes:apps/v1:Deployment` → apiVersion and kind, where a read has nothing but the type. */
function ofType(type: string): Manifest {
  const [, version = "", kind = ""] = type.split(":");
  return { apiVersion: version.replace(/^core\//, ""), kind, metadata: {} };
}

function variables(request: messages.ConfigureRequest): [string, string][] {
  const entries = request.getVariablesMap().toArray();
  return entries.map(([key, value]) => [key.replace(/^kubernetes:(config:)?/, ""), value]);
}

function fields(value: Struct | undefined): JsonObject {
  return value?.toJavaScript() ?? {};
}

function struct(value: JsonObject): Struct {
  return Struct.fromJavaScript(value);
}

/** A method that answers with what `work` returns, or with its error's message. */
function answer<Request, Response>(work: (request: Request) => Response | Promise<Response>) {
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => {
    Promise.resolve()
      .then(() => work(call.request))
      .then(
        (response) => callback(null, response),
        (error: Error) => callback({ code: status.UNKNOWN, message: error.message }),
      );
  };
}
