import { Agent, request } from "node:https";

export interface Endpoint {
  /** https://127.0.0.1:PORT */
  server: string;
  /** PEM */
  ca: string;
  token: string;
}

export interface Answer {
  status: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test reads any Kubernetes object
  body: any;
}

export type Client = ReturnType<typeof connect>;

/** A small client of one API server for the local runs and the tests. The library under test has its own: what checks it should not share its faults. */
export function connect(endpoint: Endpoint, timeoutMilliseconds = 30_000) {
  const agent = new Agent({ keepAlive: true, maxSockets: 16, ca: endpoint.ca });

  function send(method: string, path: string, body?: unknown, contentType = "application/json"): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const data = body === undefined ? undefined : JSON.stringify(body);
      const headers = {
        Authorization: `Bearer ${endpoint.token}`,
        Accept: "application/json",
        ...(data !== undefined && { "Content-Type": contentType, "Content-Length": Buffer.byteLength(data) }),
      };
      const outgoing = request(
        endpoint.server + path,
        { method, agent, headers, timeout: timeoutMilliseconds },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () =>
            resolve({ status: response.statusCode ?? 0, body: parse(Buffer.concat(chunks).toString("utf8")) }),
          );
        },
      );
      outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer within ${timeoutMilliseconds / 1000} s`)));
      outgoing.on("error", (error) => reject(new Error(`${method} ${endpoint.server}${path}: ${error.message}`)));
      outgoing.end(data);
    });
  }

  async function expect2xx(
    method: string,
    path: string,
    body?: unknown,
    contentType?: string,
  ): Promise<Answer["body"]> {
    const answer = await send(method, path, body, contentType);
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    const message = (answer.body as { message?: string }).message ?? String(answer.body).slice(0, 300);
    throw new Error(`${method} ${path} answered ${answer.status}: ${message}`);
  }

  return {
    endpoint,
    /** Any answer, whatever its status. */
    send,
    // The rest throw unless the status is 2xx.
    get: (path: string) => expect2xx("GET", path),
    post: (path: string, body: unknown) => expect2xx("POST", path, body),
    put: (path: string, body: unknown) => expect2xx("PUT", path, body),
    delete: (path: string) => expect2xx("DELETE", path),
    mergePatch: (path: string, body: unknown) => expect2xx("PATCH", path, body, "application/merge-patch+json"),
    /** Server-side apply. JSON is YAML. */
    apply: (path: string, body: unknown, fieldManager: string) =>
      expect2xx("PATCH", `${path}?fieldManager=${fieldManager}`, body, "application/apply-patch+yaml"),
    /** Drops its connections; a later call makes new ones. */
    close: () => agent.destroy(),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
