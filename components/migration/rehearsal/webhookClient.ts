import * as https from "https";
import type { PeerCertificate, TLSSocket } from "tls";
import type { WebhookClientConfig } from "../../crd/definition";
import type { Cluster } from "../../kubernetes/cluster";
import { ApiError, UnreachableError, UserError } from "../../kubernetes/errors";
import { parseJson, stringifyJson } from "../../kubernetes/json";
import type { Problem } from "../../kubernetes/problem";

export type WebhookTrouble = "down" | "slow" | "certificate" | "status" | "answer" | "refused";

/** A conversion webhook that cannot do its work, and in which way. */
export class WebhookError extends UserError {
  constructor(
    readonly trouble: WebhookTrouble,
    problem: Problem | string,
  ) {
    super(problem);
  }
}

export interface WebhookCall {
  readonly body: unknown;
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal | undefined;
}

/** Never more at once than the API server would open; the webhook's capacity is for the cluster first. */
const agent = new https.Agent({ keepAlive: true, maxSockets: 16, timeout: 30_000 });

/** `https://…` or `Service namespace/name/path`. */
export function webhookClientName({ url, service }: WebhookClientConfig): string {
  if (url !== undefined) return url;
  return `Service ${service?.namespace}/${service?.name}${service?.path ?? ""}`;
}

/** POSTs to the webhook the way kube-apiserver does (k8s.io/apiserver pkg/util/webhook/client.go). */
export function postToWebhook(cluster: Cluster, config: WebhookClientConfig, call: WebhookCall): Promise<unknown> {
  return config.url === undefined ? postToService(cluster, config, call) : postToUrl(config, config.url, call);
}

/** Through the API server: only there the Service's name and address mean anything. It does not check the certificate. */
async function postToService(cluster: Cluster, config: WebhookClientConfig, call: WebhookCall): Promise<unknown> {
  const { namespace, name, path = "/", port = 443 } = config.service ?? { namespace: "", name: "" };
  try {
    return await cluster.call<unknown>({
      method: "POST",
      path: `/api/v1/namespaces/${namespace}/services/https:${name}:${port}/proxy${path}`,
      query: { timeout: "30s" },
      body: call.body,
      timeoutSeconds: call.timeoutSeconds,
      ...(call.signal && { signal: call.signal }),
    });
  } catch (error) {
    throw asWebhookError(webhookClientName(config), error, call.timeoutSeconds);
  }
}

function asWebhookError(name: string, error: unknown, timeoutSeconds: number): unknown {
  if (error instanceof UnreachableError && error.code === "TIMEOUT") return slowWebhook(name, timeoutSeconds);
  if (!(error instanceof ApiError) || error.status === 401 || error.status === 403) return error;
  // A Status with a reason is the API server's own; without one it is what the webhook answered.
  if (error.reason !== "" && (error.status === 404 || error.status === 503)) {
    return new WebhookError("down", {
      what: `conversion webhook ${name} cannot be reached through the API server: ${error.serverMessage}`,
      expected: "a ready endpoint behind the Service",
      next:
        error.status === 404
          ? "make the Service, or correct its namespace and name (spec.conversion of the manifest, or `conversion` of the component)"
          : "look at its pods",
    });
  }
  return webhookBadStatus(name, error.status);
}

function postToUrl(config: WebhookClientConfig, url: string, call: WebhookCall): Promise<unknown> {
  const body = stringifyJson(call.body);
  return new Promise((resolve, reject) => {
    const request = https.request(
      withTimeout(url),
      {
        method: "POST",
        agent,
        // Only the given authorities count, as for the API server; the system's where none is given.
        ...(config.caBundle && { ca: Buffer.from(config.caBundle, "base64") }),
        headers: {
          "Content-Type": "application/json",
          Accept: "application/json, */*",
          "Content-Length": Buffer.byteLength(body),
        },
        ...(call.signal && { signal: call.signal }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        // Asked now: at the end the socket may have gone back to the agent.
        const certificate: Partial<PeerCertificate> = (response.socket as TLSSocket).getPeerCertificate();
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        // An answer that breaks off is told of here alone: the request has been destroyed by then, and does not emit it.
        response.on("error", fail);
        response.on("end", () => {
          clearTimeout(limit);
          const text = Buffer.concat(chunks).toString("utf8");
          resolve(checkedAnswer(url, certificate, response.statusCode ?? 0, text));
        });
      },
    );
    const fail = (error: NodeJS.ErrnoException): void => {
      clearTimeout(limit);
      reject(call.signal?.aborted === true ? (call.signal.reason as Error) : describeConnection(url, error));
    };
    request.on("error", fail);
    const limit = setTimeout(() => {
      const slow = slowWebhook(url, call.timeoutSeconds);
      request.destroy(slow);
      fail(slow); // where it still waits for its connection it does not tell of its end
    }, call.timeoutSeconds * 1_000);
    request.end(body);
  });
}

/** The API server tells the webhook how long it has. */
function withTimeout(url: string): URL {
  const target = new URL(url);
  target.searchParams.set("timeout", "30s");
  return target;
}

/** Asynchronous so that what it throws becomes a rejection. */
// eslint-disable-next-line @typescript-eslint/require-await
async function checkedAnswer(
  name: string,
  certificate: Partial<PeerCertificate>,
  status: number,
  text: string,
): Promise<unknown> {
  requireSubjectAltName(name, certificate);
  if (status < 200 || status > 299) throw webhookBadStatus(name, status);
  try {
    return parseJson(text);
  } catch {
    throw new WebhookError("answer", {
      what: `conversion webhook ${name}: its answer is not JSON`,
      expected: "a ConversionReview",
      next: "correct the webhook's handler",
    });
  }
}

/** Go has refused names in the Common Name since 1.15; Node still takes them. */
function requireSubjectAltName(name: string, certificate: Partial<PeerCertificate>): void {
  if (certificate.subject === undefined || certificate.subjectaltname !== undefined) return;
  throw certificateError(name, "it has no subjectAltName, and the API server does not read its Common Name");
}

function describeConnection(name: string, error: NodeJS.ErrnoException): Error {
  if (error instanceof WebhookError) return error;
  const code = error.code ?? "";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return certificateError(name, "it is for another host name");
  if (code === "CERT_HAS_EXPIRED") return certificateError(name, "it has expired");
  if (code === "CERT_NOT_YET_VALID") return certificateError(name, "it is not valid yet");
  if (/CERT|ISSUER|SIGNATURE|OSSL|ERR_SSL/.test(code)) {
    return certificateError(name, `no authority in caBundle signed it (${code})`);
  }
  return new WebhookError("down", {
    what: `conversion webhook ${name} cannot be reached: ${code || error.message}`,
    expected: "it to answer on this address, from here and from every API server",
    next: "start the webhook, or correct its address (spec.conversion of the manifest, or `conversion` of the component)",
  });
}

function certificateError(name: string, why: string): WebhookError {
  return new WebhookError("certificate", {
    what: `conversion webhook ${name}: its certificate would be refused by the API server: ${why}`,
    expected: "one for this host, signed by caBundle",
    next: "correct `caBundle` or the certificate",
  });
}

function slowWebhook(name: string, seconds: number): WebhookError {
  return new WebhookError("slow", {
    what: `conversion webhook ${name} gave no answer within ${seconds} s`,
    expected:
      "a few milliseconds for each object (the API server gives up after 30 s, and asks for every object it reads)",
    next: "look at the logs and the load of what answers there, then run `pulumi preview` again",
  });
}

function webhookBadStatus(name: string, status: number): WebhookError {
  return new WebhookError("status", {
    what: `conversion webhook ${name} answered HTTP ${status}`,
    expected: "200 with a ConversionReview",
    next: "check its path and its log",
  });
}
