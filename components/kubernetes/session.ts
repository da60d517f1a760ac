import type { Socket } from "net";
import type { ApiRequest } from "./api";
import { requestBudgetOf, type RequestBudget } from "./budget";
import { Credentials } from "./credentials";
import { UnreachableError } from "./errors";
import { explainAnswer, explainUnreachable } from "./explain";
import { parseJson, stringifyJson } from "./json";
import { type AppliedCredentials, loadKubeconfigContext } from "./kubeconfig";
import type { ClusterReference } from "./kubeconfigFiles";
import { retryRequest } from "./retry";
import { SingleSocket } from "./singleSocket";
import { StartingServer } from "./startingServer";
import { type Answer, exchangeOverTransport, NO_CONNECTION, type Outgoing, TransportError } from "./transport";

/** kube-apiserver's own --request-timeout, and a little for the way. */
const ANSWER_SECONDS = 65;

/** Behind a balancer without health checks each new connection may meet the one server that hangs. */
const CONNECTION_TRIES = 4;
const FIRST_CONTACTS = 2;

const sessions = new Map<string, Promise<Session>>();

/** Requests to one cluster as one user: what all Clusters of the process for that user share. */
export class Session {
  private readonly base: URL;
  private readonly budget: RequestBudget;
  private readonly startingServer = new StartingServer();
  private wasReached = false;

  private constructor(private readonly credentials: Credentials) {
    this.base = new URL(credentials.context.server);
    this.budget = requestBudgetOf(this.server, credentials.context.user);
  }

  /** One session for equal credentials: each phase of each CRD connects anew, and a plugin may take seconds to start. */
  static async open(reference: ClusterReference): Promise<Session> {
    const loaded = await loadKubeconfigContext(reference);
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

  /**
   * Repeats a passing error, see retry.ts; never what is urgent: a lock counts its seconds itself.
   *
   * @param pin only an answer is repeated on it, since another connection may reach another API server
   */
  call<T>(request: ApiRequest, pin?: SingleSocket): Promise<T> {
    const send = (): Promise<T> => this.callOnce<T>(request, pin);
    if (request.urgent === true) return send();
    return retryRequest(request, send, {
      server: this.server,
      isRepeatable: (error, tried) => !(error instanceof UnreachableError) || this.isWorthRepeating(error, tried, pin),
    });
  }

  /** A cluster that never answered should be said to be unreachable at once; one reset may be a server that just starts. */
  private isWorthRepeating({ code }: UnreachableError, tried: number, pin: SingleSocket | undefined): boolean {
    if (pin !== undefined) return false;
    return this.wasReached || (code === "ECONNRESET" && tried < FIRST_CONTACTS);
  }

  private async callOnce<T>(request: ApiRequest, pin?: SingleSocket): Promise<T> {
    try {
      const work = (): Promise<Answer> => this.believable(request, pin);
      const answer = await (request.urgent === true ? work() : this.budget.run(work));
      if (answer.status < 200 || answer.status > 299) throw explainAnswer(request, answer, this.server);
      return parseAnswer<T>(answer);
    } catch (error) {
      throw error instanceof TransportError ? explainUnreachable(error, this.server, this.context) : error;
    }
  }

  /** A refusal is believed only of a server that is ready; the pool's next request may meet another one. */
  private async believable(request: ApiRequest, pin: SingleSocket | undefined): Promise<Answer> {
    const answer = await this.authenticated(request, pin);
    if (!this.startingServer.isInDoubt(request, answer)) return answer;
    const one = pin ?? new SingleSocket(this.server);
    try {
      return await this.startingServer.askOnceReady(request, (each) => this.authenticated(each, one));
    } finally {
      if (pin === undefined) one.close();
    }
  }

  /** Once more with fresh credentials after a 401: tokens run out in the middle of long work. */
  private async authenticated(request: ApiRequest, pin: SingleSocket | undefined): Promise<Answer> {
    request.signal?.throwIfAborted();
    const applied = await this.credentials.current();
    const first = await this.send(request, applied, pin);
    return first.status === 401 ? this.send(request, await this.credentials.renew(applied), pin) : first;
  }

  private async send(request: ApiRequest, applied: AppliedCredentials, pin: SingleSocket | undefined): Promise<Answer> {
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
    return pin === undefined ? this.persistently(outgoing) : exchangeOverTransport(outgoing);
  }

  /** Repeats what certainly was not read: the server had just closed the idle connection, or no connection came about. */
  private async persistently(outgoing: Outgoing): Promise<Answer> {
    for (let tried = 1; ; tried++) {
      try {
        const answer = await exchangeOverTransport(outgoing);
        this.wasReached = true;
        return answer;
      } catch (error) {
        if (!(error instanceof TransportError)) throw error;
        // A write is for `retryRequest`: one that was never read cannot be told from one that was.
        const closedIdle = error.reused && /ECONNRESET|EPIPE/.test(error.code) && outgoing.method === "GET";
        const unlucky = error.code === NO_CONNECTION && this.wasReached && tried < CONNECTION_TRIES;
        if (!unlucky && !(closedIdle && tried === 1)) throw error;
      }
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
