import { Agent, request } from "https";
import { quantile } from "../quantile";
import type { Webhook } from "./webhooks";

/** Calls over connections that stay open, over HTTP/1.1, which the API server asks webhooks for as well (apiserver pkg/util/webhook/client.go). */
export class Client {
  private readonly agent: Agent;

  constructor(
    private readonly webhook: Webhook,
    atOnce: number,
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets: atOnce, ca: webhook.ca });
  }

  convert(body: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const { port, subject } = this.webhook;
      const headers = { "Content-Type": "application/json", "Content-Length": body.length };
      const to = { host: "127.0.0.1", port, path: "/convert?timeout=30s", method: "POST", headers, agent: this.agent };
      const outgoing = request(to, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          if (response.statusCode === 200) return resolve(Buffer.concat(chunks));
          reject(new Error(`${subject} answered ${response.statusCode}; expected 200`));
        });
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

export interface Load {
  readonly seconds: number;
  /** Of 100 calls, 99 took at most so long, in milliseconds. */
  readonly p99: number;
}

/** So many calls, so many of them at once, in turn with each of the reviews. */
export async function load(client: Client, reviews: readonly Buffer[], calls: number, atOnce: number): Promise<Load> {
  const took: number[] = [];
  let next = 0;
  const caller = async (): Promise<void> => {
    for (let call = next++; call < calls; call = next++) {
      const began = performance.now();
      const answer = await client.convert(reviews[call % reviews.length] as Buffer);
      took.push(performance.now() - began);
      // A failure of the protocol has status 200 as well, but is short.
      if (answer.length < (reviews[call % reviews.length] as Buffer).length / 2) throw new Error(answer.toString());
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: atOnce }, caller));
  const seconds = (performance.now() - began) / 1000;
  return { seconds, p99: quantile(took, 99) };
}
