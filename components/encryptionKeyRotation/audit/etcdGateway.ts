import * as http from "http";
import * as https from "https";
import { UserError, messageOfError } from "../../kubernetes/errors";

/** How to reach etcd past the API servers. */
export interface EtcdArgs {
  /** URLs of client endpoints, `https://10.0.0.1:2379`; tried in this order. */
  endpoints: string[];
  /** PEM of the authority of etcd's server certificate. */
  ca?: string;
  /** PEM of a client certificate that etcd accepts. */
  cert?: string;
  /** PEM of its private key (secret). */
  key?: string;
  /** What kube-apiserver's --etcd-prefix says. @default "/registry" */
  prefix?: string;
}

/** One value under a key, as etcd's JSON gateway gives it: base64. */
export interface EtcdValue {
  key: string;
  value?: string;
}

export interface EtcdRange {
  header: { revision: string };
  kvs?: EtcdValue[];
  more?: boolean;
}

/** The answer was longer than asked for: ask for fewer keys. */
export class AnswerTooLong extends Error {}

/** The revision asked for is no longer kept. */
export class Compacted extends Error {}

const TIMEOUT_MS = 30_000;
const LONGEST_COMPLAINT = 300;

/** etcd's HTTP JSON gateway, on its client port: https://etcd.io/docs/v3.6/dev-guide/api_grpc_gateway/. Only reads. */
export class EtcdGateway {
  private readonly agents: { http: http.Agent; https: https.Agent };

  constructor(private readonly args: EtcdArgs) {
    const { ca, cert, key } = args;
    const tls = {
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
    };
    this.agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true, ...tls }) };
  }

  /** Asks the endpoints in turn, until one answers. */
  async range(body: object, longest: number, signal?: AbortSignal): Promise<EtcdRange> {
    const failures: string[] = [];
    for (const endpoint of this.args.endpoints) {
      try {
        return await this.post(endpoint, body, longest, signal);
      } catch (error) {
        if (error instanceof AnswerTooLong || error instanceof Compacted || signal?.aborted === true) throw error;
        failures.push(`${endpoint}: ${messageOfError(error).trim()}`);
      }
    }
    throw new UserError({
      what: `etcd gave no answer: ${failures.join("; ") || "no endpoints"}`,
      expected:
        "its client port, with the authority and client certificate that kube-apiserver has as --etcd-cafile, --etcd-certfile and --etcd-keyfile",
      next: "correct `audit` (endpoints, ca, cert, key), or leave it out: the proof stands without it",
    });
  }

  close(): void {
    this.agents.http.destroy();
    this.agents.https.destroy();
  }

  private post(endpoint: string, body: object, longest: number, signal?: AbortSignal): Promise<EtcdRange> {
    return new Promise((resolve, reject) => {
      const url = new URL("/v3/kv/range", endpoint);
      const isTls = url.protocol === "https:";
      const data = JSON.stringify(body);
      const options: https.RequestOptions = {
        method: "POST",
        agent: isTls ? this.agents.https : this.agents.http,
        timeout: TIMEOUT_MS,
        headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(data) },
        ...(signal && { signal }),
      };
      const request = (isTls ? https : http).request(url, options, (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size <= longest) return void chunks.push(chunk);
          response.destroy();
          reject(new AnswerTooLong());
        });
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          if (response.statusCode === 200) return resolve(parsed(text));
          reject(refused(response.statusCode, text));
        });
      });
      request.on("timeout", () => request.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
      request.on("error", reject);
      request.end(data);
    });
  }
}

function parsed(text: string): EtcdRange {
  try {
    return JSON.parse(text) as EtcdRange;
  } catch {
    // Never quoted: what is here is data of the cluster.
    throw new Error("the answer is not JSON");
  }
}

function refused(status: number | undefined, text: string): Error {
  if (/revision has been compacted/.test(text)) return new Compacted();
  return new Error(`status ${status}: ${text.trim().slice(0, LONGEST_COMPLAINT)}`);
}
