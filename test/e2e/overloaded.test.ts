import { PatchType } from "../../components/kubernetes/api";
import type { ApiError } from "../../components/kubernetes/errors";
import { withoutRetries } from "../../components/kubernetes/retry";
import { listPages } from "../../components/migration/rewrite/pages";
import { rewriteAllObjects } from "../../components/migration/rewrite/rewriteAllObjects";
import { makeAuthority, makeServerCertificate } from "../../local/certificates";
import { type Bench, group, objectsOf, pluralOf, startBench } from "./engine";
import { startHook } from "./misbehavingWebhook";

jest.setTimeout(180_000);

const OBJECTS = 300;

/** Two requests at once for everybody but administrators; what comes on top is answered with 429. */
describe("an API server that takes two requests at once", () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench("overloaded", {
      controllerManager: false,
      requestTimeoutSeconds: 60,
      apiServerFlags: [
        "--max-requests-inflight=2",
        "--max-mutating-requests-inflight=2",
        "--enable-priority-and-fairness=false",
      ],
    });
  });
  const releases: (() => Promise<void>)[] = [];
  const holding: Promise<void>[] = [];
  afterAll(async () => {
    await Promise.all([...releases.map((release) => release()), ...holding]);
    await bench.end();
  });

  /** As the server itself counts them. */
  const refused = async (): Promise<number> => {
    const text = (await bench.local.client.get("/metrics")) as string;
    const counts = [...text.matchAll(/^apiserver_request_total\{[^}]*code="429"[^}]*\} (\d+)/gm)];
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  };

  test("refuses what is too much with 429; a pass waits, says so on its row, and rewrites every object all the same", async () => {
    const kind = "Crowded";
    await bench.define(kind, { storage: "v1" });
    await bench.create(pluralOf(kind), "v1", objectsOf(kind, "v1", OBJECTS));
    await bench.define(kind, { storage: "v2" });
    const release = await occupyBothPlaces("Written", "PATCH");
    const before = await refused();
    const said: string[] = [];
    const report = (message: string): void => {
      said.push(message);
      void release();
    };
    const work = { ...bench.work, report };
    const result = await rewriteAllObjects(bench.cluster, { group, version: "v2", plural: pluralOf(kind) }, work);
    expect(await refused()).toBeGreaterThan(before);
    expect(result).toMatchObject({ visited: OBJECTS, rewritten: OBJECTS, gone: 0, failedCount: 0 });
    expect(said[0]).toMatch(/^rewriting: waiting \d+ s after .*429/);
    const stored = Object.values(await bench.stored(pluralOf(kind)));
    expect(stored).toEqual(Array(OBJECTS).fill(`${group}/v2`));
  });

  test("a list waits as well, and has every object; one that waits too long is an error that says for what", async () => {
    const release = await occupyBothPlaces("Read", "GET");
    const listed = async (initializingSeconds: number, report = (_: string): void => undefined): Promise<number> => {
      const seen = new Set<string>();
      const options = { ...bench.work, report, full: true, initializingSeconds };
      const resource = { group, version: "v2", plural: pluralOf("Crowded") };
      for await (const { objects } of listPages(bench.cluster, resource, options)) {
        for (const { metadata } of objects) seen.add(metadata.name);
      }
      return seen.size;
    };
    await expect(listed(0.1)).rejects.toThrow(
      /list crowdeds\.engine\.example\.com at v2: the API server still answers 429 after \d+ s\n.*next: +see what else/s,
    );
    const said: string[] = [];
    const report = (message: string): void => {
      said.push(message);
      void release();
    };
    expect(await listed(120, report)).toBe(OBJECTS);
    expect(said[0]).toMatch(/^waiting for the API server to list crowdeds \(\d+ s\)$/);
  });

  /** By two requests through a conversion webhook that does not answer, until they are released. */
  async function occupyBothPlaces(kind: string, method: "GET" | "PATCH"): Promise<() => Promise<void>> {
    let isOver = false;
    const authority = await makeAuthority("hook");
    const hook = await startHook(await makeServerCertificate(authority, "hook"));
    const release = async (): Promise<void> => {
      isOver = true;
      await hook.close();
    };
    releases.push(release);
    await bench.define(kind, { storage: "v1" });
    await bench.create(pluralOf(kind), "v1", objectsOf(kind, "v1", 1));
    const clientConfig = { url: hook.url, caBundle: Buffer.from(authority.cert).toString("base64") };
    const conversion = { strategy: "Webhook", webhook: { clientConfig, conversionReviewVersions: ["v1"] } };
    hook.behave((object) => object);
    await bench.define(kind, { storage: "v1", conversion });
    hook.behave("sleep");
    const status = (version: string): Promise<number> => {
      const path = `/apis/${group}/${version}/namespaces/default/${pluralOf(kind)}/o-00000`;
      const patch = method === "PATCH" && { body: {}, contentType: PatchType.merge };
      return withoutRetries(() => bench.cluster.call({ method, path, ...patch })).then(
        () => 200,
        (error: ApiError) => error.status,
      );
    };
    // The first of them may meet the definition as it was.
    const hold = async (): Promise<void> => {
      while (!isOver) await status("v2");
    };
    for (let held = 0; held < 2; held++) holding.push(hold());
    // At v1, as it is stored, it is not converted.
    while ((await status("v1")) !== 429) await new Promise((done) => setTimeout(done, 50));
    return release;
  }
});
