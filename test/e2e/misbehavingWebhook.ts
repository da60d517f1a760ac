import * as https from "https";
import type { KubernetesObject } from "../../components/kubernetes/api";
import type { Certificate } from "../../local/certificates";

/** The API server names itself as a user agent, we do not: so a test can have a replica for each. */
type Convert = (object: KubernetesObject, version: string, isApiServer: boolean) => Record<string, unknown>;
export type Behaviour = Convert | "hang up" | "sleep" | "HTTP 500" | "no JSON" | "no uid" | "no objects";

export interface Hook {
  url: string;
  /** The most objects that one request has asked it to convert; to be reset at will. */
  mostObjects: number;
  behave(behaviour: Behaviour): void;
  close(): Promise<void>;
}

/** hostPort "h:80" ⇄ host "h", port "80". */
export function splitHostPort(object: KubernetesObject, version: string): Record<string, unknown> {
  const { hostPort, host, port, ...spec } = object["spec"] as Record<string, string>;
  if (version === "v1") return { ...object, spec: { ...spec, hostPort: `${host}:${port}` } };
  const parts = hostPort?.split(":") ?? [];
  if (parts.length !== 2) throw new Error(`${hostPort} is not host:port`);
  return { ...object, spec: { ...spec, host: parts[0], port: parts[1] } };
}

/** A conversion webhook that can be told to misbehave. */
export async function startHook(certificate: Certificate, address = "127.0.0.1"): Promise<Hook> {
  let behaviour: Behaviour = splitHostPort;
  const server = https.createServer({ cert: certificate.cert, key: certificate.key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (behaviour === "hang up") return request.socket.destroy();
      if (behaviour === "sleep") return undefined;
      if (behaviour === "HTTP 500") return response.writeHead(500).end("oh no");
      if (behaviour === "no JSON") return response.end("<html>");
      const review = JSON.parse(Buffer.concat(chunks).toString()) as Review;
      started.mostObjects = Math.max(started.mostObjects, review.request.objects.length);
      return response.end(JSON.stringify(answerOf(review, behaviour, request.headers["user-agent"] !== undefined)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as { port: number };
  const started: Hook = {
    url: `https://${address}:${port}/convert`,
    mostObjects: 0,
    behave: (next) => void (behaviour = next),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return started;
}

interface Review {
  request: { uid: string; desiredAPIVersion: string; objects: KubernetesObject[] };
}

function answerOf(review: Review, behaviour: Convert | "no uid" | "no objects", isApiServer: boolean): object {
  const { uid, desiredAPIVersion, objects } = review.request;
  const version = desiredAPIVersion.split("/")[1] ?? "";
  const envelope = (response: object) => ({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "ConversionReview",
    response,
  });
  const result = { status: "Success" };
  if (behaviour === "no uid") return envelope({ result, convertedObjects: objects });
  if (behaviour === "no objects") return envelope({ uid, result });
  try {
    const convertedObjects = objects.map((object: KubernetesObject) => {
      const converted = behaviour(object, version, isApiServer);
      return "metadata" in converted ? { ...converted, apiVersion: desiredAPIVersion } : converted;
    });
    return envelope({ uid, result, convertedObjects });
  } catch (error) {
    return envelope({ uid, result: { status: "Failure", message: (error as Error).message } });
  }
}
