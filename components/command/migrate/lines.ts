import type { Terminal } from "../subcommand";

/** Where standard error is a file, of lines that differ in their numbers alone one in so long is enough. */
const SAME_TEXT_EVERY_MS = 10_000;

/** Progress on standard error: one line rewritten in place on a screen, else a line for each step and now and then one in between. */
export class Lines {
  private readonly said = new Map<string, number>();

  constructor(private readonly terminal: Terminal) {}

  /** How far this CRD is. */
  report(crd: string, message: string): void {
    const line = crd === "" ? message : `${crd}: ${message}`;
    if (this.terminal.showsProgress) return this.terminal.progress(line);
    const text = line.replace(/\d+/g, "");
    const now = performance.now();
    if (now - (this.said.get(text) ?? -Infinity) < SAME_TEXT_EVERY_MS) return;
    this.said.set(text, now);
    this.terminal.complain(line);
  }

  /** A line that stays. */
  say(crd: string, message: string): void {
    this.clear();
    this.terminal.complain(`${crd}: ${message}`);
  }

  clear(): void {
    this.terminal.progress("");
  }
}
