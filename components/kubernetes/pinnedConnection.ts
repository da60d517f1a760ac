import type { Agent } from "https";
import type { Socket } from "net";
import type { ApiRequest, Connection } from "./api";
import { type Credentials, tlsKeyOfCredentials } from "./credentials";
import { UnreachableError } from "./errors";
import type { AppliedCredentials } from "./kubeconfig";
import type { Pin, Session } from "./session";

/** Exactly one socket; when that ends, so does this, rather than go on to another server unnoticed. */
export class PinnedConnection implements Connection, Pin {
  closed = false;
  private socket: Socket | undefined;
  private pool: Agent | undefined;
  private tls: string | undefined;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly session: Session,
    private readonly onClose: () => void,
  ) {}

  /** One after another: HTTP/1.1 has no more on one connection. */
  call<T>(request: ApiRequest): Promise<T> {
    const answer = this.queue.then(() => this.callNow<T>(request));
    this.queue = answer.catch(() => undefined);
    return answer;
  }

  private async callNow<T>(request: ApiRequest): Promise<T> {
    if (this.closed) throw this.ended();
    try {
      return await this.session.call<T>(request, this);
    } catch (error) {
      // Whatever is still to come on this socket, if anything, is not the answer to the next request.
      if (error instanceof UnreachableError) this.close();
      throw error;
    }
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.onClose();
    this.pool?.destroy();
  }

  agent(credentials: Credentials, applied: AppliedCredentials): Agent {
    const tls = tlsKeyOfCredentials(applied);
    // A connection keeps the client certificate it began with: with a new one it must begin anew.
    if (this.pool !== undefined && this.tls !== tls) {
      this.close();
      throw this.ended();
    }
    this.tls = tls;
    return (this.pool ??= credentials.singleAgent(applied));
  }

  onSocket(socket: Socket): void {
    if (socket === this.socket) return;
    if (this.socket !== undefined || this.closed) {
      this.close();
      throw this.ended();
    }
    this.socket = socket;
    socket.once("close", () => this.close());
  }

  private ended(): UnreachableError {
    return new UnreachableError(
      `the connection to ${this.session.server} ended; another one may reach another API server`,
      "CLOSED",
    );
  }
}
