import { randomUUID } from "crypto";
import type { WebhookClientConfig } from "../../crd/definition";
import type { KubernetesObject } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { postToWebhook, WebhookError, webhookClientName } from "./webhookClient";

export { WebhookError } from "./webhookClient";

/** The API server's own limit (k8s.io/apiserver pkg/util/webhook/webhook.go). */
const CONVERT_SECONDS = 30;
/** A preview is not to hang; a webhook that needs this long for one small object is unfit anyway. */
const PROBE_SECONDS = 10;

interface ReviewResponse {
  apiVersion?: string;
  kind?: string;
  response?: {
    uid?: string;
    result?: { status?: string; message?: string };
    convertedObjects?: unknown;
  };
}

/**
 * Sends one small made-up object through the webhook, over the TLS path that the API server will take.
 *
 * @param from,to version names
 * @returns what could not be checked, as sentences
 * @throws WebhookError saying which: down, slow, wrong CA or hostname, HTTP status, wrong answer and how
 */
export async function probeByConversionReview(
  cluster: Cluster,
  clientConfig: WebhookClientConfig,
  kind: { group: string; kind: string },
  from: string,
  to: string,
): Promise<readonly string[]> {
  const metadata = {
    name: "probe",
    namespace: "default",
    uid: randomUUID(),
    creationTimestamp: "2020-01-01T00:00:00Z",
  };
  const probe = { apiVersion: `${kind.group}/${from}`, kind: kind.kind, metadata };
  try {
    await postReview(cluster, clientConfig, [probe], `${kind.group}/${to}`, PROBE_SECONDS);
  } catch (error) {
    // A made-up object may well lack what this conversion needs; the refusal itself shows that the path works.
    if (!(error instanceof WebhookError && error.trouble === "refused")) throw error;
  }
  if (clientConfig.url !== undefined) return [];
  return ["the certificate of the webhook's Service: only the API servers can reach it by its name"];
}

/**
 * Converts objects, all of one kind and none yet at that apiVersion, and checks the answer as the API server would.
 *
 * @throws WebhookError; its trouble is "refused" where the webhook itself said no
 */
export function convertObjectsByReview(
  cluster: Cluster,
  clientConfig: WebhookClientConfig,
  objects: readonly KubernetesObject[],
  desiredAPIVersion: string,
  signal?: AbortSignal,
): Promise<KubernetesObject[]> {
  return postReview(cluster, clientConfig, objects, desiredAPIVersion, CONVERT_SECONDS, signal);
}

async function postReview(
  cluster: Cluster,
  clientConfig: WebhookClientConfig,
  objects: readonly KubernetesObject[],
  desiredAPIVersion: string,
  timeoutSeconds: number,
  signal?: AbortSignal,
): Promise<KubernetesObject[]> {
  const uid = randomUUID();
  const request = { uid, desiredAPIVersion, objects };
  const body = { apiVersion: "apiextensions.k8s.io/v1", kind: "ConversionReview", request };
  const answer = await postToWebhook(cluster, clientConfig, { body, timeoutSeconds, signal });
  return checkReview(webhookClientName(clientConfig), answer, { uid, desiredAPIVersion, objects });
}

/** What the API server checks of an answer: apiextensions-apiserver pkg/apiserver/conversion/webhook_converter.go. */
export function checkReview(
  name: string,
  answer: unknown,
  request: { uid: string; desiredAPIVersion: string; objects: readonly KubernetesObject[] },
): KubernetesObject[] {
  const { apiVersion, kind, response } = (answer ?? {}) as ReviewResponse;
  if (apiVersion !== "apiextensions.k8s.io/v1" || kind !== "ConversionReview") {
    throw wrong(
      name,
      `it is ${apiVersion ?? "(no apiVersion)"}, ${kind ?? "(no kind)"}`,
      "apiextensions.k8s.io/v1, ConversionReview",
    );
  }
  if (response === undefined) throw wrong(name, "it has no response", "one");
  if (response.uid !== request.uid) throw wrong(name, `response.uid is ${response.uid}`, "the request's uid, echoed");
  const { status, message } = response.result ?? {};
  if (status !== "Success") {
    const said = message ? message : `response.result.status is ${status}`;
    throw new WebhookError("refused", `conversion webhook ${name} refused to convert: ${said}`);
  }
  const converted = Array.isArray(response.convertedObjects) ? (response.convertedObjects as unknown[]) : [];
  if (converted.length !== request.objects.length) {
    throw wrong(name, `it returned ${converted.length} objects`, `${request.objects.length}, in the order given`);
  }
  return request.objects.map((original, index) =>
    checkObject(name, original, converted[index], request.desiredAPIVersion),
  );
}

function checkObject(name: string, original: KubernetesObject, converted: unknown, desired: string): KubernetesObject {
  const object = converted as KubernetesObject | null;
  if (object?.apiVersion !== desired) throw wrong(name, `an object's apiVersion is ${object?.apiVersion}`, desired);
  if (object.kind !== original.kind) throw wrong(name, `an object's kind is ${object.kind}`, original.kind ?? "");
  if (typeof object.metadata !== "object" || object.metadata === null) {
    throw wrong(name, "an object has no metadata", "the original's, at most with other labels and annotations");
  }
  for (const field of ["name", "namespace", "uid"] as const) {
    const { [field]: found } = object.metadata;
    const expected = original.metadata[field];
    if (found !== expected) throw wrong(name, `metadata.${field} is ${found}`, `${expected}, unchanged`);
  }
  return { ...object, metadata: restoredMetadata(original, object) };
}

/** Of a converted object's metadata the API server keeps labels and annotations, and restores all else (restoreObjectMeta). */
function restoredMetadata(original: KubernetesObject, converted: KubernetesObject): KubernetesObject["metadata"] {
  const restored = { ...original.metadata };
  for (const field of ["labels", "annotations"] as const) {
    const kept = converted.metadata[field];
    if (kept) restored[field] = kept;
    else delete restored[field];
  }
  return restored;
}

function wrong(name: string, found: string, expected: string): WebhookError {
  return new WebhookError("answer", {
    what: `conversion webhook ${name}: wrong answer: ${found}`,
    expected,
    next: "correct the webhook: the API server would refuse this",
  });
}
