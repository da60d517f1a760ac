import type { ApiRequest, Caller, Connection } from "./api";
import type { Cluster } from "./cluster";
import { UnreachableError, UserError } from "./errors";
import { retryRequest } from "./retry";

/** One kube-apiserver, reached over connections of its own. */
export interface ApiServer extends Caller {
  /** The address it advertises in GET /api, e.g. `10.0.0.11:6443`. */
  readonly address: string;
}

/** The answers on one connection came from several servers: a balancer deals out single requests. */
export class MixedServersError extends UserError {}

interface ApiVersions {
  serverAddressByClientCIDRs?: { serverAddress: string }[];
}

/** Who is at the other end: every kube-apiserver answers GET /api with its own advertised address. */
export async function apiServerAddressOf(caller: Caller, signal?: AbortSignal): Promise<string> {
  const request = { method: "GET", path: "/api", timeoutSeconds: 5, ...(signal && { signal }) } as const;
  const answer = await caller.call<ApiVersions>(request);
  return answer.serverAddressByClientCIDRs?.[0]?.serverAddress ?? "";
}

/** Keeps to one address; a connection is made when first needed, and replaced by another one to the same server once it has ended. */
export class PinnedApiServer implements ApiServer {
  private connection: Connection | undefined;
  private connecting: Promise<Connection> | undefined;

  constructor(
    private readonly cluster: Cluster,
    readonly address: string,
    /** How many new connections a balancer may need until it deals out this server again. */
    private readonly tries: number,
  ) {}

  /**
   * For requests that may be repeated. The address is asked again after each, on the same connection.
   *
   * @throws MixedServersError when another server than this one may have answered
   */
  async call<T>(request: ApiRequest): Promise<T> {
    const send = async (): Promise<T> => this.callOnce<T>(request, await this.connected(request.signal));
    return retryRequest(request, send, { server: this.address, isRepeatable: isLost });
  }

  close(): void {
    this.connection?.close();
  }

  private async connected(signal: AbortSignal | undefined): Promise<Connection> {
    if (this.connection?.closed === false) return this.connection;
    this.connecting ??= this.connect(signal).finally(() => (this.connecting = undefined));
    return (this.connection = await this.connecting);
  }

  private async callOnce<T>(request: ApiRequest, connection: Connection): Promise<T> {
    const [answer] = await Promise.allSettled([connection.call<T>(request)]);
    if (answer.status === "rejected" && answer.reason instanceof UnreachableError) throw answer.reason;
    // An error, too, counts only once it is known whose it is.
    const after = await apiServerAddressOf(connection, request.signal);
    if (after !== this.address) throw new MixedServersError(`${this.address} and ${after} answered on one connection`);
    if (answer.status === "rejected") throw answer.reason;
    return answer.value;
  }

  private async connect(signal: AbortSignal | undefined): Promise<Connection> {
    for (let tried = 0; tried < this.tries; tried++) {
      const connection = this.cluster.pin();
      const address = await apiServerAddressOf(connection, signal).catch((error: unknown) => {
        if (error instanceof UnreachableError) return undefined;
        throw error;
      });
      if (address === this.address) return connection;
      connection.close();
    }
    throw new UnreachableError(
      {
        what: `API server ${this.address} is not behind ${this.cluster.server} any more (${this.tries} connections tried)`,
        expected: "every server to stay while a rollout runs",
        next: "run `pulumi up` again once it is back",
      },
      "CLOSED",
    );
  }
}

/** Stands for whichever server answers: each call goes over a fresh connection, so that a balancer can deal out another. */
export class AnyApiServer implements ApiServer {
  constructor(
    private readonly cluster: Cluster,
    readonly address: string,
  ) {}

  /** For requests that may be repeated: a connection ends when the credentials that it began with are replaced. */
  async call<T>(request: ApiRequest): Promise<T> {
    const send = async (): Promise<T> => {
      const connection = this.cluster.pin();
      try {
        return await connection.call<T>(request);
      } finally {
        connection.close();
      }
    };
    return retryRequest(request, send, { server: this.address, isRepeatable: isLost });
  }
}

/** An answer was repeated by the connection already. */
function isLost(error: unknown): boolean {
  return error instanceof UnreachableError;
}
