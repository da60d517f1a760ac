import { setTimeout as sleep } from "node:timers/promises";
import { connect, type Client } from "../local/cluster/client";
import type { LocalApiServer } from "../local/cluster/apiServer";
import { Caller, type Notes } from "./caller";
import type { Failure } from "./failures";
import { History } from "./history";
import type { Subject } from "./subject";

/** Objects that nobody writes once they are there; held-back requests of a fault change some of them. */
const STILL = 60;
/** Objects that nobody ever touches, where there are to be many: more than are rewritten ahead for. */
const MANY = 1_200;
/** Objects that all writers write all the time. */
const BUSY = 3;
/** Objects of one client that come and go. */
const COMING_AND_GOING = 2;
const PAUSE_MS = 60;
/** After a request without an answer: what does not answer is not asked at once again. */
const PATIENCE_MS = 400;
/** Requests that a paused server holds are answered once it goes on. */
const REQUEST_MS = 60_000;

/** So many of them are changed by requests that a fault holds up. */
const HELD = 40;

export const stillNames = Array.from({ length: STILL }, (_, nth) => `still-${String(nth).padStart(2, "0")}`);
const busyNames = Array.from({ length: BUSY }, (_, nth) => `busy-${nth}`);

/** A writer, one who creates and deletes, and a reader through every API server, without an end until stopped. */
export class Clients implements Notes {
  readonly history = new History();
  readonly failures: Failure[] = [];
  /** Names whose value a client writes. */
  readonly written = new Set<string>(busyNames);
  private readonly connections: Client[] = [];
  private readonly loops: Promise<void>[] = [];
  private readonly apart: Promise<unknown>[] = [];
  private values = 0;
  private held = 0;
  private stopped = false;

  constructor(
    private readonly servers: readonly LocalApiServer[],
    private readonly subject: Subject,
    private readonly isMany: boolean,
    readonly isLeaving: () => boolean,
  ) {}

  /** A client of its own, with connections of its own. */
  caller(name: string, server: number): Caller {
    return new Caller(`${name} through server ${server}`, server, this.connect(server), this.subject, this);
  }

  private connect(server: number): Client {
    const endpoint = this.servers[server]?.endpoint ?? this.servers[0]?.endpoint;
    if (endpoint === undefined) throw new Error(`no API server ${server}; expected one of ${this.servers.length}`);
    const client = connect(endpoint, REQUEST_MS);
    this.connections.push(client);
    return client;
  }

  /** Each value once: what is read then tells who wrote it. */
  value(): string {
    return `value-${this.values++}`;
  }

  /** An object that was not written for a while: with many open writes of one object its history has too many orders. */
  heldObject(): string {
    const name = stillNames[this.held++ % HELD] ?? "";
    this.written.add(name);
    return name;
  }

  /** What is there before anything happens. */
  async prepare(): Promise<void> {
    const caller = this.caller("preparer", 0);
    for (const name of [...stillNames, ...busyNames]) await caller.create(name, this.value());
    if (this.failures.length > 0) throw new Error(`preparing failed: ${this.failures[0]?.found}`);
    if (this.isMany) await this.prepareMany();
  }

  /** They have no history: that what nobody wrote is as it was is looked at once, when all is over. */
  private async prepareMany(): Promise<void> {
    const [version] = this.subject.versions;
    const client = this.connect(0);
    const names = Array.from({ length: MANY }, (_, nth) => `many-${String(nth).padStart(4, "0")}`);
    const creating = names.values();
    const create = async (): Promise<void> => {
      for (const name of creating)
        await client.post(this.subject.path(version), this.subject.body(version, name, this.value()));
    };
    await Promise.all(Array.from({ length: 8 }, create));
  }

  start(): void {
    this.servers.forEach((_, server) => {
      const coming = Array.from({ length: COMING_AND_GOING }, (_, nth) => `coming-${server}-${nth}`);
      const [writer, creator, reader] = ["writer", "creator", "reader"].map((name) => this.caller(name, server));
      if (writer === undefined || creator === undefined || reader === undefined) return;
      this.loops.push(
        this.forever((nth) => {
          const name = busyNames[nth % BUSY] ?? "";
          return nth % 2 === 0 ? writer.update(name, this.value()) : writer.swap(name, this.value());
        }),
        this.forever((nth) => this.comeOrGo(creator, coming[nth % COMING_AND_GOING] ?? "")),
        this.forever((nth) =>
          nth % 8 === 7 ? reader.list(this.watched) : reader.read(this.watched[nth % this.watched.length] ?? ""),
        ),
      );
    });
  }

  /** A request of a client of its own, which nobody waits for until the end. */
  apartFrom(server: number, work: (caller: Caller) => Promise<unknown>): void {
    this.apart.push(work(this.caller(`client ${this.connections.length}`, server)));
  }

  /** Returns when every request has its answer, or none. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.loops);
    await Promise.all(this.apart);
  }

  /** Once all is over: every object that a client ever named, through every server. */
  async readAll(): Promise<void> {
    const names = [...new Set(this.history.operations.map(({ object }) => object))].sort();
    for (const server of this.servers.keys()) {
      const caller = this.caller("last reader", server);
      for (const name of names) await caller.read(name);
      await caller.list(names);
    }
  }

  close(): void {
    this.stopped = true;
    for (const connection of this.connections) connection.close();
  }

  private get watched(): string[] {
    const coming = [...this.servers.keys()].flatMap((server) =>
      Array.from({ length: COMING_AND_GOING }, (_, nth) => `coming-${server}-${nth}`),
    );
    return [...busyNames, ...coming];
  }

  /** Whichever it can be; the answer to the other one is an observation as well. */
  private async comeOrGo(caller: Caller, name: string): Promise<{ status: number } | undefined> {
    const created = await caller.create(name, this.value());
    if (created?.status !== 409) return created;
    return caller.delete(name);
  }

  private async forever(work: (nth: number) => Promise<{ status: number } | undefined>): Promise<void> {
    for (let nth = 0; !this.stopped; nth++) {
      const answer = await work(nth);
      await sleep(answer === undefined || answer.status >= 429 ? PATIENCE_MS : PAUSE_MS);
    }
  }
}
