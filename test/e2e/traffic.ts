import { connect, type Answer, type Client } from "../../local/cluster/client";
import type { LocalApiServer } from "../../local/cluster/apiServer";
import { pause } from "./lossWorld";

const secrets = "/api/v1/namespaces/default/secrets";
const SECRETS_PER_SERVER = 10;
const PAUSE_MS = 50;

export interface Failure {
  host: string;
  /** `GET …/s-cp-1-3` */
  request: string;
  /** status and message, or why there was no answer */
  found: string;
  began: number;
  ended: number;
}

interface Written {
  /** The last value that the API server acknowledged. */
  acknowledged: number;
  /** The last value sent: unacknowledged it may have landed all the same. */
  tried: number;
  exists: boolean;
}

/** A fault that explains why requests to one server fail while it lasts, but never that an object cannot be decrypted. */
interface Fault {
  host: string;
  began: number;
  ended: number;
}

const aboutKeys = /no matching|decrypt|transform|cipher|prefix/i;

/** One reader and one writer through every API server, without a pause, until stopped; each reads what all of them wrote. */
export class Traffic {
  readonly failures: Failure[] = [];
  requests = 0;
  private readonly written = new Map<string, Written>();
  private readonly faults: Fault[] = [];
  private readonly loops: Promise<void>[] = [];
  private readonly clients: Client[] = [];
  private stopped = false;

  constructor(servers: readonly LocalApiServer[]) {
    for (const server of servers) this.add(server);
  }

  add({ endpoint, host = "" }: LocalApiServer): void {
    const client = connect(endpoint);
    this.clients.push(client);
    const send = (method: string, path: string, body?: object): Promise<Answer | undefined> =>
      this.send(client, host, method, path, body);
    this.loops.push(
      this.forever((nth) => this.write(send, host, nth)),
      this.forever(() => this.read(send)),
    );
  }

  /** What fails at this server from now on is the fault's doing, until it is told that the fault is over. */
  fault(host: string): () => void {
    const fault: Fault = { host, began: Date.now(), ended: Infinity };
    this.faults.push(fault);
    return () => void (fault.ended = Date.now());
  }

  unexplained(): string[] {
    const explained = ({ host, found, began, ended }: Failure): boolean =>
      !aboutKeys.test(found) &&
      this.faults.some((fault) => fault.host === host && began <= fault.ended && ended >= fault.began);
    return this.failures
      .filter((failure) => !explained(failure))
      .map(({ host, request, found }) => `${host}: ${request} → ${found}`);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.loops);
    for (const client of this.clients) client.close();
  }

  /** Secrets that do not hold what was last written to them, as this server reads them. */
  async lost({ client }: LocalApiServer): Promise<string[]> {
    const lost: string[] = [];
    for (const [name, known] of this.written) {
      if (!known.exists) continue;
      const { acknowledged } = known; // of now: it is written on while it is read
      const { status, body } = await client.send("GET", `${secrets}/${name}`);
      const data = (body as { data?: { value?: string } }).data?.value ?? "";
      const value = Number(Buffer.from(data, "base64").toString());
      if (status !== 200 || value < acknowledged || value > known.tried)
        lost.push(`${name}: found ${status} ${value}; expected ${acknowledged} to ${known.tried}`);
    }
    return lost;
  }

  private async forever(work: (nth: number) => Promise<void>): Promise<void> {
    for (let nth = 0; !this.stopped; nth++) {
      await work(nth);
      await pause(PAUSE_MS);
    }
  }

  private async write(send: Send, host: string, nth: number): Promise<void> {
    const name = `s-${host}-${nth % SECRETS_PER_SERVER}`;
    const known = this.written.get(name) ?? { acknowledged: 0, tried: 0, exists: false };
    this.written.set(name, known);
    const value = ++known.tried;
    const body = { metadata: { name }, stringData: { value: String(value) } };
    const answer = await (known.exists ? send("PATCH", `${secrets}/${name}`, body) : send("POST", secrets, body));
    if (answer === undefined) return;
    // 409: a create that was not answered has landed after all.
    known.exists = true;
    if (answer.status !== 409) known.acknowledged = value;
  }

  private async read(send: Send): Promise<void> {
    const names = [...this.written].filter(([, { acknowledged }]) => acknowledged > 0).map(([name]) => name);
    const name = names[Math.floor(Math.random() * names.length)];
    if (name === undefined) return;
    await send("GET", `${secrets}/${name}`);
    if (Math.random() < 0.1) await send("GET", secrets);
  }

  private async send(client: Client, host: string, method: string, path: string, body?: object) {
    const began = Date.now();
    const failed = (found: string): undefined => {
      this.failures.push({ host, request: `${method} ${path}`, found, began, ended: Date.now() });
    };
    this.requests++;
    try {
      const type = method === "PATCH" ? "application/merge-patch+json" : undefined;
      const answer = await client.send(method, path, body, type);
      if (answer.status < 300 || answer.status === 409) return answer;
      return failed(`${answer.status} ${(answer.body as { message?: string }).message ?? ""}`);
    } catch (error) {
      return failed((error as Error).message);
    }
  }
}

type Send = (method: string, path: string, body?: object) => Promise<Answer | undefined>;
