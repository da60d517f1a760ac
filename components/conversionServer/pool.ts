import type { Worker } from "node:worker_threads";
import type { Outcome } from "./work";

/** A review that got no answer: its worker was ended, or fell. */
export class WorkerLost extends Error {
  constructor(
    readonly why: "deadline" | "memory" | "crash",
    message: string,
  ) {
    super(message);
  }
}

export interface PoolOptions {
  readonly start: () => Worker;
  readonly workers: number;
  readonly deadlineMs: number;
  readonly onLost: (why: WorkerLost["why"]) => void;
}

interface Job {
  readonly body: ArrayBuffer;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Threads that convert, each one review at a time. One that does not return in time is ended and replaced; the others go on.
 * There is one at first, and another as soon as a review finds all of them busy: each takes memory and delays the start.
 */
export class Pool {
  private readonly idle: Worker[] = [];
  private readonly queue: Job[] = [];
  private readonly starting = new Set<Worker>();
  private readonly all = new Set<Worker>();
  private closed = false;

  constructor(private readonly options: PoolOptions) {
    this.startOne();
  }

  /** @throws WorkerLost */
  ask(body: ArrayBuffer): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.queue.push({ body, resolve, reject });
      this.next();
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.all].map((worker) => worker.terminate()));
  }

  private startOne(): void {
    const worker = this.options.start();
    this.all.add(worker);
    this.starting.add(worker);
    // Between two reviews as well: a timer that the user's module left behind may throw.
    worker.on("error", () => undefined);
    worker.once("exit", () => {
      this.all.delete(worker);
      this.starting.delete(worker);
      const at = this.idle.indexOf(worker);
      if (at >= 0) this.idle.splice(at, 1);
      if (!this.closed) this.startOne();
    });
    worker.once("online", () => {
      this.starting.delete(worker);
      this.idle.push(worker);
      this.next();
    });
  }

  private next(): void {
    while (this.queue.length > 0) {
      const worker = this.idle.pop();
      if (worker === undefined) {
        if (this.queue.length > this.starting.size && this.all.size < this.options.workers) this.startOne();
        return;
      }
      const job = this.queue.shift();
      if (job !== undefined) this.run(worker, job);
    }
  }

  private run(worker: Worker, { body, resolve, reject }: Job): void {
    let fault: Error | undefined;
    let isLate = false;
    const onError = (error: Error): void => void (fault = error);
    const onExit = (): void => {
      clearTimeout(timer);
      const lost = isLate ? lateAfter(this.options.deadlineMs) : fallen(fault);
      this.options.onLost(lost.why);
      reject(lost);
    };
    const timer = setTimeout(() => {
      isLate = true;
      void worker.terminate();
    }, this.options.deadlineMs);
    worker.once("error", onError);
    worker.once("exit", onExit);
    worker.once("message", (outcome: Outcome) => {
      clearTimeout(timer);
      worker.off("error", onError).off("exit", onExit);
      resolve(outcome);
      if (isLate) return; // it answered just as it was ended
      this.idle.push(worker);
      this.next();
    });
    worker.postMessage({ body }); // a copy: whoever asked may have to say what was in it
  }
}

function lateAfter(deadlineMs: number): WorkerLost {
  return new WorkerLost("deadline", `the conversion did not return within ${deadlineMs / 1000} s and was ended`);
}

function fallen(fault: Error | undefined): WorkerLost {
  const { code } = (fault ?? {}) as NodeJS.ErrnoException;
  if (code === "ERR_WORKER_OUT_OF_MEMORY") return new WorkerLost("memory", "the conversion ran out of memory");
  return new WorkerLost("crash", `the conversion ended its thread${fault === undefined ? "" : ` (${fault.name})`}`);
}
