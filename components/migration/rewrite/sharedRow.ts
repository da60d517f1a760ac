import type { Report, Work } from "../../kubernetes/report";

const PLACES = ["own", "in-tree", "wait"] as const;
/** What goes on beside each other: our own rewriting, the StorageVersionMigration, the wait for requests in flight. */
type Place = (typeof PLACES)[number];

/** One row for steps that run beside each other: what each said last, always in the same order, until it ends. */
export class SharedRow {
  private readonly said = new Map<Place, string>();

  constructor(private readonly report: Report) {}

  async step<W extends Work, T>(place: Place, work: W, run: (work: W) => Promise<T>): Promise<T> {
    try {
      return await run({ ...work, report: (message) => this.say(place, message) });
    } finally {
      this.said.delete(place);
    }
  }

  private say(place: Place, message: string): void {
    this.said.set(place, message);
    this.report(PLACES.flatMap((each) => this.said.get(each) ?? []).join("; "));
  }
}
