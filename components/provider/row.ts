import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { engine } from "./engine";

/**
 * A pipeline prints every status as a line: of those that differ in their numbers alone one now and then is enough, also
 * where two take turns.
 */
const SAME_TEXT_EVERY_MS = 5_000;

/** The phase's row in `pulumi preview` and `pulumi up`. */
export class Row {
  private readonly said = new Map<string, number>();

  constructor(private readonly urn: string) {}

  /** Replaces the row's status while the phase runs; the last one stays on the finished row. */
  status(message: string): Promise<void> {
    const text = message.replace(/\d+/g, "");
    const now = performance.now();
    if (now - (this.said.get(text) ?? -Infinity) < SAME_TEXT_EVERY_MS) return Promise.resolve();
    for (const [known, at] of this.said) if (now - at >= SAME_TEXT_EVERY_MS) this.said.delete(known);
    this.said.set(text, now);
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
