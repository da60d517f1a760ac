import type { Agent } from "https";
import type { Socket } from "net";
import { type Credentials, tlsKeyOfCredentials } from "./credentials";
import { UnreachableError } from "./errors";
import type { AppliedCredentials } from "./kubeconfig";

/** Where a request goes out instead of the pool: exactly one socket, hence one API server; when that ends, so does this. */
export class SingleSocket {
  closed = false;
  private socket: Socket | undefined;
  private pool: Agent | undefined;
  private tls: string | undefined;

  constructor(
    private readonly server: string,
    private readonly onClose: () => void = () => undefined,
  ) {}

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

  ended(): UnreachableError {
    return new UnreachableError(
      `the connection to ${this.server} ended; another one may reach another API server`,
      "CLOSED",
    );
  }
}
