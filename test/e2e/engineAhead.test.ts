import { proveResources } from "../../components/encryptionKeyRotation/proof/prove";
import * as counts from "../../components/kubernetes/countObjects";
import { rightsForRotation } from "../../components/kubernetes/rights/rotationRights";
import { migrateAndProve, type Pass, type ProveInputs } from "../../components/migration/definition/migrateAndProve";
import { recordMigratedAndPrune } from "../../components/migration/definition/recordAndPrune";
import type { LocalApiServer } from "../../local/cluster/apiServer";
import { type Admission, askedByEveryServer } from "./admission";
import { type Bench, group, objectOf, objectsOf, startBench } from "./engine";
import { STORAGE_MIGRATION } from "./harness";
import { pause } from "./lossWorld";
import { createSecrets, findResources, prefixes, secretbox, sha256, writeFile } from "./rotationBench";

jest.setTimeout(400_000);

/** So many are rewritten ahead of the pass that counts. */
const OBJECTS = 1_200;
/** So few are through well before the wait is over, also on a busy machine: what goes wrong with them is seen each time. */
const FEW = 200;
const REQUEST_TIMEOUT_SECONDS = 10;
const HOSTS = ["cp-1", "cp-2"];

let bench: Bench;
let server: (host: string) => LocalApiServer;
beforeAll(async () => {
  bench = await startBench("engine-ahead", {
    servers: HOSTS.length,
    network: "namespace",
    requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS,
    encryption: { text: secretbox("key1", "key2") },
    rights: rightsForRotation({ resources: ["secrets"] }),
  });
  server = (host) => bench.local.apiServers.find((each) => each.host === host) as LocalApiServer;
});
afterAll(() => bench.end());

/** The objects below this path that our own rewriting asks about from now on: one path for each time. */
function watchRewrites(below: string): () => string[] {
  const { mock } = jest.spyOn(bench.cluster, "call");
  return () => {
    const asked = mock.calls.flatMap(([{ method, path }]) => (method === "PATCH" ? path : []));
    return asked.filter((path) => path.startsWith(`${below}/`)).sort();
  };
}

/** Until the test ends, few objects are taken for so many that they are rewritten ahead. */
function asIfMany(): void {
  jest.spyOn(counts, "countObjects").mockResolvedValue({ objects: OBJECTS, listResourceVersion: "" });
}
afterEach(() => jest.restoreAllMocks());

describe("what is rewritten ahead proves nothing and ends nothing: a CRD without a webhook", () => {
  const kind = "Ahead";
  const plural = "aheads";
  const path = `/apis/${group}/v1/namespaces/default/${plural}`;
  const v1 = `${group}/v1`;
  const v2 = `${group}/v2`;
  let decide: Admission = () => ({ allowed: true });
  let end: () => void;

  const stored = async (): Promise<string[]> => [...new Set(Object.values(await bench.stored(plural)))].sort();
  const storedVersions = async (): Promise<unknown> => (await bench.live(plural)).status?.storedVersions;
  /** Each row goes to `said` as well. */
  const prove = (
    version: string,
    said: (row: string) => void,
    { migrator = "direct" }: { migrator?: "in-tree" | "direct" } = {},
    ended?: AbortSignal,
  ) => {
    const inputs: ProveInputs = {
      crd: `${plural}.${group}`,
      group,
      plural,
      kind,
      version,
      requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS,
      decommissionedServers: [],
    };
    const report = (row: string): void => {
      bench.work.report(row);
      said(row);
    };
    const work = { cluster: bench.cluster, report, signal: ended ?? bench.work.signal };
    const proven = migrateAndProve(inputs, migrator === "in-tree", work);
    return { proven, recorded: async (pass: Pass) => recordMigratedAndPrune(inputs, work, pass) };
  };
  const ofAll = (): number => bench.said.filter((row) => /^rewriting ahead \d+ \/ 20\d/.test(row)).length;

  beforeAll(async () => {
    await bench.define(kind, { storage: "v1" });
    await bench.create(plural, "v1", objectsOf(kind, "v1", FEW));
    const resource = { group, version: "v1", plural };
    const sample = (name: string): object => objectOf(kind, "v1", name, { host: "h", port: 1 });
    end = await askedByEveryServer(bench.local, resource, (...asked) => decide(...asked), sample);
  });
  afterEach(() => {
    decide = () => ({ allowed: true });
  });
  afterAll(() => end());

  test("T1 a create and an update that admission holds up across the flip land as v1 behind it; both are asked about", async () => {
    asIfMany();
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    decide = async (name, user) => {
      if (user === "admin" && name === "held") await pause(8_000);
      if (user === "admin" && name === "o-00100") await released;
      return { allowed: true };
    };
    const { client } = server("cp-2");
    const held = client.post(path, objectOf(kind, "v1", "held", { host: "h", port: 1 }));
    const updated = client.mergePatch(`${path}/o-00100`, { spec: { host: "later" } });
    await pause(500);
    await bench.define(kind, { storage: "v2" });
    const rewrites = watchRewrites(`/apis/${group}/v2/namespaces/default/${plural}`);
    const { proven, recorded } = prove("v2", () => undefined);
    while ((await bench.stored(plural))["default/o-00100"] === v1) await pause(100);
    const ahead = await client.get(`/apis/${group}/v2/namespaces/default/${plural}/o-00100`);
    release();
    const landed = [await updated, await held];
    expect(Number(landed[0].metadata.resourceVersion)).toBeGreaterThan(Number(ahead.metadata.resourceVersion));
    expect(await bench.stored(plural)).toMatchObject({ "default/held": v1, "default/o-00100": v1 }); // or it was no attempt
    expect(ofAll()).toBeGreaterThan(0);
    const pass = await proven;
    // One was rewritten to see that the servers agree, one twice.
    expect(pass).toMatchObject({ proven: FEW + 1, rewritten: FEW + 1 });
    for (const { metadata } of landed)
      expect(Number(pass.proof.resourceVersion)).toBeGreaterThan(Number(metadata.resourceVersion));
    expect(await stored()).toEqual([v2]);
    // Each once, ahead or in the pass that counts, but the one that was written since it was answered ahead.
    const names = Object.keys(await bench.stored(plural)).map((name) => name.replace("default/", ""));
    expect(rewrites()).toEqual([...names, "o-00100"].map((name) => `${path.replace("/v1/", "/v2/")}/${name}`).sort());
    await recorded(pass);
    expect(await storedVersions()).toEqual(["v2"]);
  });

  const forbids =
    (message: string): Admission =>
    () => ({ allowed: false, status: { code: 403, reason: "Forbidden", message } });
  test.each([
    ["refuses", "v1", forbids("frozen")],
    // Of so many in a row, said in authorization's words, no object is to blame: the walk ends.
    ["refuses everything as authorization does", "v2", forbids(`one cannot patch resource "${plural}"`)],
  ] as [string, string, Admission][])(
    "T2 admission that %s until the wait ends fails nothing",
    async (_what, version, breaks) => {
      asIfMany();
      let isBroken = true;
      let broke = 0;
      // Agreement rewrites one of the first.
      decide = (name, ...asked) => {
        if (!isBroken || name < "o-00010") return { allowed: true };
        broke++;
        return breaks(name, ...asked);
      };
      await bench.define(kind, { storage: version });
      const { proven } = prove(version, (row) => {
        if (/waiting 2 s for requests/.test(row)) isBroken = false;
      });
      expect(await proven).toMatchObject({ proven: FEW + 1 });
      expect(broke).toBeGreaterThan(0);
      expect(await stored()).toEqual([`${group}/${version}`]);
    },
  );

  test("T3 an object that stays refused ends it after the pass that counts, which names it; storedVersions is as it was", async () => {
    asIfMany();
    decide = (name) => ({ allowed: name !== "o-00100" });
    await bench.define(kind, { storage: "v1" });
    const before = await storedVersions();
    const { proven } = prove("v1", () => undefined);
    await expect(proven).rejects.toThrow(/1 of 201 objects could not be rewritten to v1:\s+default\/o-00100: /);
    expect(await storedVersions()).toEqual(before);
    expect(await bench.stored(plural)).toMatchObject({ "default/o-00100": v2, "default/o-00099": v1 });
  });

  test("T4 ended in the middle of it, nothing is proven; the next run finishes", async () => {
    asIfMany();
    await bench.define(kind, { storage: "v2" });
    const ended = new AbortController();
    const atWork = (row: string): void => {
      if (/rewriting ahead/.test(row)) ended.abort();
    };
    await expect(prove("v2", atWork, {}, ended.signal).proven).rejects.toThrow(/abort/);
    expect(await stored()).toEqual([v1, v2]);
    expect(await storedVersions()).toEqual(expect.arrayContaining(["v1", "v2"]));
    const { proven, recorded } = prove("v2", () => undefined);
    await recorded(await proven);
    expect([await stored(), await storedVersions()]).toEqual([[v2], ["v2"]]);
  });

  describe("of so many that it takes a while", () => {
    beforeAll(async () => {
      await bench.define(kind, { storage: "v1" });
      await bench.create(plural, "v1", objectsOf(kind, "v1", OBJECTS).slice(FEW));
    });

    test("T5 beside a StorageVersionMigration: both rewrite, the row shows both and the wait, storedVersions is pruned by the record alone", async () => {
      await bench.define(kind, { storage: "v2" });
      const rows: string[] = [];
      const { proven, recorded } = prove("v2", (row) => rows.push(row), { migrator: "in-tree" });
      const pass = await proven;
      expect(pass).toMatchObject({
        proven: OBJECTS + 1,
        how: expect.stringMatching(/^StorageVersionMigration \S+ succeeded/),
      });
      expect(rows).toContainEqual(
        expect.stringMatching(
          /^rewriting ahead [\d,]+ \/ 1,201 .*; StorageVersionMigration \S+: .*; waiting \d+ s for requests/,
        ),
      );
      expect(await storedVersions()).toEqual(expect.arrayContaining(["v1", "v2"]));
      await recorded(pass);
      expect([await stored(), await storedVersions()]).toEqual([[v2], ["v2"]]);
    });

    test("T6 while one of the API servers is cut off, nothing is rewritten: not every one has agreed", async () => {
      let waits = (): void => undefined;
      const waiting = new Promise<void>((resolve) => (waits = resolve));
      const rows: string[] = [];
      let proven: Promise<Pass>;
      await server("cp-2").cutOff();
      try {
        // Those that were made before lead to it still, and a request on them hangs for a minute.
        await bench.local.cutBalancer();
        await bench.local.restoreBalancer();
        await bench.define(kind, { storage: "v1" });
        ({ proven } = prove("v1", (row) => {
          rows.push(row);
          if (/^waiting for a sign of life of cp-2 /.test(row)) waits();
        }));
        await Promise.race([waiting, proven]);
        await pause(2_000);
        expect(rows.filter((row) => !/^waiting for a sign of life of /.test(row))).toEqual([]);
        expect(await stored()).toEqual([v2]);
      } finally {
        await server("cp-2").rejoin();
      }
      expect(await proven).toMatchObject({ proven: OBJECTS + 1 });
      expect(await stored()).toEqual([v1]);
    });

    test("T7 a StorageVersionMigration that nobody carries out is given up once ours is through, and nothing of it is left", async () => {
      await bench.local.stopControllerManager();
      await bench.define(kind, { storage: "v2" });
      const { proven, recorded } = prove("v2", () => undefined, { migrator: "in-tree" });
      const pass = await proven;
      bench.local.startControllerManager();
      expect(pass).toMatchObject({
        proven: OBJECTS + 1,
        how: expect.stringMatching(
          /^StorageVersionMigration \S+ was ended early: our own pass had rewritten every object/,
        ),
      });
      const given = /^StorageVersionMigration (\S+)/.exec(pass.how)?.[1];
      const { items } = await bench.local.client.get(
        `/apis/storagemigration.k8s.io/${STORAGE_MIGRATION}/storageversionmigrations`,
      );
      expect(items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).not.toContain(given);
      expect(await storedVersions()).toEqual(expect.arrayContaining(["v1", "v2"]));
      await recorded(pass);
      expect([await stored(), await storedVersions()]).toEqual([[v2], ["v2"]]);
    });
  });

  test("T8 where no object could be tried through each API server, nothing is rewritten ahead: discovery alone is no answer", async () => {
    let isFrozen = true;
    decide = () => ({ allowed: !isFrozen });
    await bench.define(kind, { storage: "v1" });
    const rows: string[] = [];
    const { proven } = prove("v1", (row) => {
      rows.push(row);
      if (/waiting \d s for requests/.test(row)) isFrozen = false;
    });
    expect(await proven).toMatchObject({
      proven: OBJECTS + 1,
      rewritten: OBJECTS + 1,
      how: expect.stringMatching(/no object could be probed/),
    });
    expect(rows.filter((row) => /rewriting ahead/.test(row))).toEqual([]);
    expect(await stored()).toEqual([v1]);
  });
});

describe("keys: what is rewritten ahead is written with the new key", () => {
  test("while one of the API servers has not loaded the file, nothing is rewritten; then all of it, and proven after the wait", async () => {
    asIfMany();
    await createSecrets(bench.local, FEW);
    const before = await prefixes(bench.local);
    expect(Object.keys(before)).toEqual(["k8s:enc:secretbox:v1:key1:"]);
    const text = secretbox("key2", "key1");
    writeFile(server("cp-1"), text);
    const resources = (await findResources(["secrets"], bench.cluster)).map((resource) => ({
      ...resource,
      writeKey: "secretbox:key2",
    }));
    const rotation = {
      sha256: sha256(text),
      resources,
      migrator: "direct",
      requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS,
      decommissioned: [],
    } as const;
    const from = bench.said.length;
    const path = "/api/v1/namespaces/default/secrets";
    const rewrites = watchRewrites(path);
    const rewriting = proveResources(bench.cluster, rotation, () => Promise.resolve(), bench.work);
    await pause(5_000);
    expect(await prefixes(bench.local)).toEqual(before);
    writeFile(server("cp-2"), text);
    const [done] = await rewriting;
    expect(done).toMatchObject({ rewritten: FEW, proof: { objects: FEW, servers: HOSTS } });
    expect(Object.keys(await prefixes(bench.local))).toEqual(["k8s:enc:secretbox:v1:key2:"]);
    // Each once: what was answered ahead is not asked about again.
    const { items } = await bench.local.client.get(path);
    const names = items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
    expect(rewrites()).toEqual(names.map((name: string) => `${path}/${name}`).sort());
    expect(bench.said.slice(from)).toContainEqual(
      expect.stringMatching(/^secrets: rewriting ahead \d+ \/ 200 .*; waiting \d+ s for requests/),
    );
  });
});
