import { clock, elapsed, say } from "../say";

const quietMilliseconds = 20_000;

/** A long step's progress: one line that is rewritten on a terminal, a line now and then elsewhere. */
export class Progress {
  private readonly started = Date.now();
  private spoken = Date.now();

  constructor(
    private readonly subject: string,
    private readonly output: NodeJS.WriteStream = process.stdout,
  ) {
    say(subject);
  }

  update(text: string): void {
    const line = `${this.subject}: ${text}`;
    if (this.output.isTTY) {
      this.output.write(`\r\u001b[K${`${elapsed()}  ${line}`.slice(0, (this.output.columns || 80) - 1)}`);
    } else if (Date.now() - this.spoken >= quietMilliseconds) {
      this.spoken = Date.now();
      say(line);
    }
  }

  /** Leaves the terminal's line empty, for what is said next. */
  clear(): void {
    if (this.output.isTTY) this.output.write("\r\u001b[K");
  }

  end(text: string): void {
    this.clear();
    say(`${this.subject}: ${text} in ${clock(Date.now() - this.started)}`);
  }
}

/** "about 6 min left", from how much is done; nothing while that would be a guess. */
export function timeLeft(startedAt: number, done: number, total: number, now = Date.now()): string {
  const spent = now - startedAt;
  if (done < 20 || done >= total || spent < 5000) return "";
  const left = (spent / done) * (total - done);
  return left < 60_000 ? ", under a minute left" : `, about ${Math.round(left / 60_000)} min left`;
}
