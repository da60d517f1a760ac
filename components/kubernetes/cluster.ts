import type { ApiRequest, Caller, Connection } from "./api";
import { hasErrorStatus } from "./errors";
import type { ClusterReference } from "./kubeconfigFiles";
import { PinnedConnection } from "./pinnedConnection";
import type { Work } from "./report";
import { Session } from "./session";

/** A connection to one cluster: authentication, keep-alive, and a request budget shared by the whole process. */
export class Cluster implements Caller {
  private readonly pinned = new Set<Connection>();

  private constructor(private readonly session: Session) {}

  /**
   * Loads the kubeconfig and makes sure that something answers, within about 5 s.
   *
   * @throws UserError: kubeconfig unreadable, no such context, cluster unreachable, credentials refused
   */
  static async connect(reference: ClusterReference): Promise<Cluster> {
    const cluster = new Cluster(await Session.open(reference));
    try {
      await cluster.call({ method: "GET", path: "/api", timeoutSeconds: 5 });
    } catch (error) {
      // Who may not read /api may still hold every right that matters here.
      if (!hasErrorStatus(error, 403)) throw error;
    }
    return cluster;
  }

  get server(): string {
    return this.session.server;
  }

  get context(): string {
    return this.session.context;
  }

  /** @throws ApiError for an answer that is not 2xx, UnreachableError for none */
  call<T>(request: ApiRequest): Promise<T> {
    return this.session.call<T>(request);
  }

  /** A new TCP connection that carries all requests made through it, one after another. */
  pin(): Connection {
    const connection: Connection = new PinnedConnection(this.session, () => this.pinned.delete(connection));
    this.pinned.add(connection);
    return connection;
  }

  /** Ends the pinned connections; the pool belongs to the process, and an idle one does not keep it alive. */
  close(): void {
    for (const connection of [...this.pinned]) connection.close();
  }
}

/** Work on one cluster. */
export interface ClusterWork extends Work {
  readonly cluster: Cluster;
}
