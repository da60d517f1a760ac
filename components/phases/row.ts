import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { engine } from "./engine";

/** A pipeline prints every status as a line: where only the numbers moved, one now and then is enough. */
const SAME_TEXT_EVERY_MS = 5_000;

/** The phase's row in `pulumi preview` and `pulumi up`. */
export class Row {
  private last = { text: "", at: 0 };

  constructor(private readonly urn: string) {}

  /** Replaces the row's status while the phase runs; the last one stays on the finished row. */
  status(message: string): Promise<void> {
    const text = message.replace(/\d+/g, "");
    if (text === this.last.text && Date.now() - this.last.at < SAME_TEXT_EVERY_MS) return Promise.resolve();
    this.last = { text, at: Date.now() };
    return this.log(message, LogSeverity.INFO, true);
  }

  /** A line under the row, kept in the output of preview and up. */
  info(message: string): Promise<void> {
    return this.log(message, LogSeverity.INFO, false);
  }

  warn(message: string): Promise<void> {
    return this.log(message, LogSeverity.WARNING, false);
  }

  /** Resolves also when the engine did not take it: a message lost must not end a migration. */
  private log(message: string, severity: LogSeverity, ephemeral: boolean): Promise<void> {
    const client = engine();
    if (this.urn === "" || client === undefined) return Promise.resolve();
    const request = new LogRequest();
    request.setSeverity(severity);
    request.setMessage(message);
    request.setUrn(this.urn);
    request.setStreamid(0); // a shared stream joins its messages into one block
    request.setEphemeral(ephemeral);
    return new Promise((resolve) => client.log(request, () => resolve()));
  }
}
