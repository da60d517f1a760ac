import { rewriteAll } from "../../components/migration/rewrite/rewriter";
import { type Bench, group, objectsOf, pluralOf, startBench } from "./engine";

jest.setTimeout(180_000);

const OBJECTS = 300;

/** Two requests at once for everybody but administrators; what comes on top is answered with 429. */
describe("an API server that takes two requests at once", () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench("overloaded", {
      controllerManager: false,
      apiServerFlags: [
        "--max-requests-inflight=2",
        "--max-mutating-requests-inflight=2",
        "--enable-priority-and-fairness=false",
      ],
    });
  });
  afterAll(() => bench.end());

  /** As the server itself counts them. */
  const refused = async (): Promise<number> => {
    const text = (await bench.local.client.get("/metrics")) as string;
    const counts = [...text.matchAll(/^apiserver_request_total\{[^}]*code="429"[^}]*\} (\d+)/gm)];
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  };

  test("refuses what is too much with 429, and every object is rewritten all the same", async () => {
    const kind = "Crowded";
    await bench.define(kind, { storage: "v1" });
    await bench.create(pluralOf(kind), "v1", objectsOf(kind, "v1", OBJECTS));
    await bench.define(kind, { storage: "v2" });
    const before = await refused();
    const said: string[] = [];
    const work = { ...bench.work, report: (message: string) => void said.push(message) };
    const result = await rewriteAll(bench.cluster, { group, version: "v2", plural: pluralOf(kind) }, work);
    expect(await refused()).toBeGreaterThan(before);
    expect(result).toMatchObject({ visited: OBJECTS, rewritten: OBJECTS, gone: 0, failedCount: 0 });
    // The wait is on the row, with what was waited for.
    expect(said.filter((message) => /^rewriting .*: waiting \d+ s after .*429/.test(message))).not.toEqual([]);
    const stored = Object.values(await bench.stored(pluralOf(kind)));
    expect(stored).toEqual(Array(OBJECTS).fill(`${group}/v2`));
  });
});
