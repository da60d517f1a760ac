import type { Answer, Client } from "../local/cluster/client";
import { describeAnswer, learn, learnFromError } from "./answers";
import type { Failure } from "./failures";
import type { Action, History } from "./history";
import type { KubernetesObject, Subject } from "./subject";

const MERGE = "application/merge-patch+json";

/** What all clients of a run write into. */
export interface Notes {
  readonly history: History;
  readonly failures: Failure[];
  /** The version that goes has begun to: from now on it may be served no more. */
  isLeaving(): boolean;
}

/** One client of one API server, one request after the other. All that it does and learns is in the history. */
export class Caller {
  private at = 0;

  constructor(
    readonly name: string,
    private readonly server: number,
    private readonly client: Client,
    private readonly subject: Subject,
    private readonly notes: Notes,
  ) {}

  /** The version that goes first, until it is served no more. */
  private get version(): string {
    return this.subject.versions[this.at] ?? this.subject.versions[0];
  }

  create(object: string, value: string): Promise<Answer | undefined> {
    const { subject, version } = this;
    return this.write(
      object,
      { kind: "create", value },
      "POST",
      subject.path(version),
      subject.body(version, object, value),
    );
  }

  update(object: string, value: string): Promise<Answer | undefined> {
    const { subject, version } = this;
    return this.write(
      object,
      { kind: "update", value },
      "PATCH",
      subject.path(version, object),
      subject.patch(version, value),
    );
  }

  delete(object: string): Promise<Answer | undefined> {
    return this.write(object, { kind: "delete" }, "DELETE", this.subject.path(this.version, object));
  }

  /** Reads it and writes what rests on that: refused where anybody wrote in between. */
  async swap(object: string, value: string): Promise<Answer | undefined> {
    const { subject, version } = this;
    const read = await this.read(object);
    if (read?.status !== 200 || version !== this.version) return read;
    const found = read.body as KubernetesObject;
    const action = { kind: "swap", from: subject.valueOf(version, found), value } as const;
    return this.write(object, action, "PUT", subject.path(version, object), subject.changed(version, found, value));
  }

  async read(object: string): Promise<Answer | undefined> {
    const { version, notes } = this;
    const invoked = notes.history.invoke();
    const answer = await this.send(
      "GET",
      this.subject.path(version, object),
      version,
      undefined,
      (status) => status === 404,
    );
    if (answer === undefined) return undefined;
    const learnt = learn("read", object, answer);
    if (learnt.outcome === "ok") this.note(invoked, version, object, answer.body as KubernetesObject);
    if (learnt.outcome === "seen") notes.history.ok(invoked, { object, client: this.name, action: learnt.action });
    return answer;
  }

  /** A read of each of these objects at one moment. */
  async list(objects: readonly string[]): Promise<Answer | undefined> {
    const { version, notes } = this;
    const invoked = notes.history.invoke();
    const answer = await this.send("GET", this.subject.path(version), version);
    if (answer?.status !== 200) return answer;
    const { items } = answer.body as { items: KubernetesObject[] };
    const found = new Map(items.map((item) => [item.metadata.name, item]));
    for (const object of objects) {
      const item = found.get(object);
      if (item !== undefined) this.note(invoked, version, object, item);
      else notes.history.ok(invoked, { object, client: this.name, action: { kind: "read", value: null } });
    }
    return answer;
  }

  private note(invoked: number, version: string, object: string, found: KubernetesObject): void {
    const { resourceVersion } = found.metadata;
    const action = { kind: "read", value: this.subject.valueOf(version, found) } as const;
    this.notes.history.ok(invoked, { object, client: this.name, action, resourceVersion });
  }

  private async write(object: string, action: Action, method: string, path: string, body?: object) {
    const { history } = this.notes;
    const invoked = history.invoke();
    const of = { object, client: this.name, action };
    const { version } = this;
    const answer = await this.send(
      method,
      path,
      version,
      body,
      (status) => status === 404 || status === 409,
      (error) => {
        if (learnFromError(error).outcome === "unknown") history.unknown(invoked, of);
      },
    );
    if (answer === undefined) return undefined;
    const learnt = learn(action.kind, object, answer);
    const { metadata } = (answer.body ?? {}) as Partial<KubernetesObject>;
    // A delete answers with a Status, or with the object as it was.
    const resourceVersion = action.kind === "delete" ? undefined : metadata?.resourceVersion;
    if (learnt.outcome === "ok")
      history.ok(invoked, { ...of, ...(resourceVersion !== undefined && { resourceVersion }) });
    if (learnt.outcome === "seen") history.ok(invoked, { ...of, action: learnt.action });
    if (learnt.outcome === "unknown") history.unknown(invoked, of);
    return answer;
  }

  /** @returns undefined where there was no answer */
  private async send(
    method: string,
    path: string,
    version: string,
    body?: object,
    isExpected: (status: number) => boolean = () => false,
    lost: (error: Error) => void = () => undefined,
  ): Promise<Answer | undefined> {
    const began = Date.now();
    const failed = (found: string): void =>
      void this.notes.failures.push({
        server: this.server,
        request: `${method} ${path}`,
        found,
        began,
        ended: Date.now(),
      });
    try {
      const answer = await this.client.send(method, path, body, method === "PATCH" ? MERGE : undefined);
      if (answer.status >= 200 && answer.status < 300) return answer;
      if (this.isGone(answer, version)) this.at = Math.min(this.at + 1, this.subject.versions.length - 1);
      else if (!isExpected(answer.status) || isUnserved(answer)) failed(describeAnswer(answer));
      return answer;
    } catch (error) {
      failed((error as Error).message);
      lost(error as Error);
      return undefined;
    }
  }

  /** The version has left, as it should; the next one takes its place. */
  private isGone(answer: Answer, version: string): boolean {
    return isUnserved(answer) && version !== this.subject.versions.at(-1) && this.notes.isLeaving();
  }
}

function isUnserved({ status, body }: Answer): boolean {
  const { details } = (typeof body === "object" && body !== null ? body : {}) as { details?: { name?: string } };
  return status === 404 && details?.name === undefined;
}
