import type { Agent } from "https";
import type { Socket } from "net";
import type { ApiRequest } from "./api";
import { budgetOf, type RequestBudget } from "./budget";
import type { ClusterReference } from "./cluster";
import { Credentials } from "./credentials";
import { apiErrorOf, unreachable } from "./explain";
import { parseJson, stringifyJson } from "./json";
import { type AppliedCredentials, loadContext } from "./kubeconfig";
import { type Answer, exchange, TransportError } from "./transport";

/** kube-apiserver's own --request-timeout, and a little for the way. */
const ANSWER_SECONDS = 65;

/** Where a request goes out instead of the pool. */
export interface Pin {
  agent(credentials: Credentials, applied: AppliedCredentials): Agent;
  onSocket(socket: Socket): void;
}

const sessions = new Map<string, Promise<Session>>();

/** Requests to one cluster as one user: what all Clusters of the process for that user share. */
export class Session {
  private readonly base: URL;
  private readonly budget: RequestBudget;

  private constructor(private readonly credentials: Credentials) {
    this.base = new URL(credentials.context.server);
    this.budget = budgetOf(this.server, credentials.context.user);
  }

  /** One session for equal credentials: each phase of each CRD connects anew, and a plugin may take seconds to start. */
  static async open(reference: ClusterReference): Promise<Session> {
    const loaded = await loadContext(reference);
    const known = sessions.get(loaded.fingerprint);
    if (known !== undefined) return known;
    const opening = Credentials.of(reference, loaded).then((credentials) => new Session(credentials));
    sessions.set(loaded.fingerprint, opening);
    opening.catch(() => sessions.delete(loaded.fingerprint));
    return opening;
  }

  get server(): string {
    return this.credentials.context.server;
  }

  get context(): string {
    return this.credentials.context.context;
  }

  async call<T>(request: ApiRequest, pin?: Pin): Promise<T> {
    try {
      const work = (): Promise<T> => this.authenticated<T>(request, pin);
      return await (request.urgent === true ? work() : this.budget.run(work));
    } catch (error) {
      throw error instanceof TransportError ? unreachable(error, this.server, this.context) : error;
    }
  }

  /** Once more with fresh credentials after a 401: tokens run out in the middle of long work. */
  private async authenticated<T>(request: ApiRequest, pin: Pin | undefined): Promise<T> {
    request.signal?.throwIfAborted();
    const applied = await this.credentials.current();
    const first = await this.send(request, applied, pin);
    const answer = first.status === 401 ? await this.send(request, await this.credentials.renew(applied), pin) : first;
    if (answer.status < 200 || answer.status > 299) throw apiErrorOf(request, answer, this.server);
    return parseAnswer<T>(answer);
  }

  private async send(request: ApiRequest, applied: AppliedCredentials, pin: Pin | undefined): Promise<Answer> {
    const outgoing = {
      base: this.base,
      method: request.method,
      path: request.path + queryString(request.query),
      headers: headersOf(request),
      body: request.body === undefined ? undefined : stringifyJson(request.body),
      credentials: applied,
      agent: pin?.agent(this.credentials, applied) ?? this.credentials.agent(applied),
      timeoutSeconds: request.timeoutSeconds ?? ANSWER_SECONDS,
      signal: request.signal,
      onSocket: pin && ((socket: Socket): void => pin.onSocket(socket)),
    };
    try {
      return await exchange(outgoing);
    } catch (error) {
      // The server had closed an idle connection just as we wrote on it. A create is not repeated, since one that was
      // never read cannot be told from one that was.
      const closedIdle = error instanceof TransportError && error.reused && /ECONNRESET|EPIPE/.test(error.code);
      if (pin !== undefined || !closedIdle || request.method === "POST") throw error;
      return exchange(outgoing);
    }
  }
}

function queryString(query: ApiRequest["query"]): string {
  const parts = Object.entries(query ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`],
  );
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

function headersOf(request: ApiRequest): Record<string, string> {
  return {
    Accept: request.accept ?? "application/json",
    // Its first part becomes the field manager of writes that name none (apiserver endpoints/handlers/create.go).
    "User-Agent": "pulumi-kubernetes-storage-migration",
    ...(request.body !== undefined && { "Content-Type": request.contentType ?? "application/json" }),
  };
}

function parseAnswer<T>(answer: Answer): T {
  const json = (answer.headers["content-type"] ?? "").includes("json");
  return (json ? parseJson(answer.text) : answer.text) as T;
}
