/**
 * How many requests are under way to one cluster as one user. The API server's default limits are 400 reads and 200
 * writes in flight for everybody (--max-requests-inflight); one tool may take a fraction of that.
 */
const IN_FLIGHT = 48;

/** A fair queue: first come, first served. */
export class RequestBudget {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(limit = IN_FLIGHT) {
    this.free = limit;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.free++;
      else next();
    }
  }
}

const budgets = new Map<string, RequestBudget>();

/** One budget for the whole process: Pulumi runs every dynamic resource of a stack, say 50 CRDs, in one plugin. */
export function requestBudgetOf(server: string, user: string): RequestBudget {
  const key = `${server} ${user}`;
  const known = budgets.get(key);
  if (known !== undefined) return known;
  const made = new RequestBudget();
  budgets.set(key, made);
  return made;
}
