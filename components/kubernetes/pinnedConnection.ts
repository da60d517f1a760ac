import type { ApiRequest, Connection } from "./api";
import { UnreachableError } from "./errors";
import type { Session } from "./session";
import { SingleSocket } from "./singleSocket";

/** Exactly one socket; when that ends, so does this, rather than go on to another server unnoticed. */
export class PinnedConnection implements Connection {
  private readonly socket: SingleSocket;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly session: Session,
    onClose: () => void,
  ) {
    this.socket = new SingleSocket(session.server, onClose);
  }

  get closed(): boolean {
    return this.socket.closed;
  }

  /** One after another: HTTP/1.1 has no more on one connection. */
  call<T>(request: ApiRequest): Promise<T> {
    const answer = this.queue.then(() => this.callNow<T>(request));
    this.queue = answer.catch(() => undefined);
    return answer;
  }

  private async callNow<T>(request: ApiRequest): Promise<T> {
    if (this.closed) throw this.socket.ended();
    try {
      return await this.session.call<T>(request, this.socket);
    } catch (error) {
      // Whatever is still to come on this socket, if anything, is not the answer to the next request.
      if (error instanceof UnreachableError) this.close();
      throw error;
    }
  }

  close(): void {
    this.socket.close();
  }
}
