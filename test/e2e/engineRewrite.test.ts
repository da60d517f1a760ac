import { type KubernetesObject, PatchType, resourcePath } from "../../components/kubernetes/api";
import { findApiServers } from "../../components/kubernetes/apiServers";
import { discover, discoverStorageMigrationVersion, storageVersionHash } from "../../components/kubernetes/discovery";
import { moveManagedFields } from "../../components/migration/managedFields";
import { type ApiError, UnreachableError } from "../../components/kubernetes/errors";
import { forEachObject } from "../../components/migration/rewrite/forEachObject";
import { rewriteAllObjects } from "../../components/migration/rewrite/rewriteAllObjects";
import { awaitStorageAgreement } from "../../components/migration/servers/storageAgreement";
import { awaitReadableEverywhere, awaitServedEverywhere } from "../../components/migration/servers/servedEverywhere";
import { startAdmission, webhookConfiguration } from "./admission";
import { type Bench, group, objectOf, objectsOf, pluralOf, refusesBad, startBench } from "./engine";

jest.setTimeout(180_000);

let bench: Bench;
beforeAll(async () => {
  bench = await startBench("engine-rewrite");
});
afterAll(() => bench.end());

const target = (kind: string, version: string) => ({ group, version, plural: pluralOf(kind), kind });

describe("a pass over 2,500 objects, one of which the new schema refuses, one deleted under way", () => {
  const kind = "Walked";
  const plural = pluralOf(kind);
  const OBJECTS = 2_500;

  test("T1 before the flip nothing is stale", async () => {
    await bench.define(kind, { storage: "v1" });
    await bench.create(plural, "v1", objectsOf(kind, "v1", OBJECTS));
    const result = await rewriteAllObjects(bench.cluster, target(kind, "v1"), bench.work);
    expect(result).toMatchObject({ visited: OBJECTS, rewritten: 0, gone: 0, failedCount: 0 });
  });

  test("T2 after the flip the servers agree within seconds, and say by what", async () => {
    await bench.local.client.post(
      `/apis/${group}/v1/namespaces/default/${plural}`,
      objectOf(kind, "v1", "x-bad", { host: "bad" }),
    );
    await bench.define(kind, { storage: "v2", schema: { v2: refusesBad } });
    const servers = await findApiServers(bench.cluster);
    expect(servers).toMatchObject({ distinct: true, missingEvidence: [] });
    expect(servers.servers).toHaveLength(1);
    const { evidence } = await awaitStorageAgreement(servers, target(kind, "v2"), bench.work);
    expect(evidence.join("; ")).toMatch(
      /1 API server \(.+\) shows v2 as the storage version.*PATCH \{\} on default\/o-00000/,
    );
    await servers.alive(bench.work);
    const again = await findApiServers(bench.cluster);
    expect(servers.sameAs(again)).toBe(true);
    servers.close();
    again.close();
  });

  test("T3 the pass rewrites all but the bad one, names it, and counts the deleted one as gone", async () => {
    let deleted = false;
    const cluster = {
      call: (request: { method: string; path: string }) => {
        if (!deleted && request.method === "PATCH") {
          deleted = true;
          return bench.local.client
            .delete(`/apis/${group}/v1/namespaces/default/${plural}/o-02400`)
            .then(() => bench.cluster.call(request as never));
        }
        return bench.cluster.call(request as never);
      },
    };
    const result = await rewriteAllObjects(cluster as never, target(kind, "v2"), bench.work);
    // The agreement's probe rewrote one already.
    expect(result).toMatchObject({
      visited: OBJECTS + 1,
      rewritten: OBJECTS - 2,
      gone: 1,
      failedCount: 1,
    });
    expect(result.failed[0]?.name).toBe("default/x-bad");
    expect(result.failed[0]?.message).toMatch(/bad may not stay/);
    expect(bench.said.join("\n")).toMatch(/rewriting [\d,]+ \/ 2,501 · [\d,]+\/s · .* left/);
    const names = objectsOf(kind, "v1", OBJECTS).map((object) => (object as KubernetesObject).metadata.name ?? "");
    const moved = names.filter((name) => name !== "o-02400").map((name) => [`default/${name}`, `${group}/v2`]);
    expect(await bench.stored(plural)).toEqual({ ...Object.fromEntries(moved), "default/x-bad": `${group}/v1` });
  });

  test("T4 a second pass changes nothing", async () => {
    const result = await rewriteAllObjects(bench.cluster, target(kind, "v2"), bench.work);
    expect(result).toMatchObject({ rewritten: 0, visited: OBJECTS, failedCount: 1 });
  });
});

describe("walking", () => {
  const kind = "Stepped";
  const plural = pluralOf(kind);
  const resource = { group, version: "v1", plural };

  beforeAll(async () => {
    await bench.define(kind, { storage: "v1" });
    await bench.create(plural, "v1", objectsOf(kind, "v1", 60));
  });

  test("a continue token that expired: the walk goes on behind the last key and misses nothing", async () => {
    const seen: string[] = [];
    let expired = 0;
    const cluster = {
      call: async (request: { query?: Record<string, unknown> }) => {
        // A compacted revision, as after five minutes: the token's revision is replaced by one that etcd no longer has.
        const token = request.query?.["continue"];
        if (typeof token === "string" && expired === 0) {
          const { rv: _, ...rest } = JSON.parse(Buffer.from(token, "base64").toString()) as { rv: number };
          await compact(bench.local.etcd);
          expired++;
          const old = Buffer.from(JSON.stringify({ ...rest, rv: 2 }))
            .toString("base64")
            .replace(/=+$/, "");
          return bench.cluster.call({ ...request, query: { ...request.query, continue: old } } as never);
        }
        return bench.cluster.call(request as never);
      },
    };
    const visit = (object: { metadata: { name: string } }) => Promise.resolve(void seen.push(object.metadata.name));
    const result = await forEachObject(cluster as never, resource, visit, {
      ...bench.work,
      doing: "walking",
      full: true,
    });
    expect(expired).toBe(1);
    expect(result.visited).toBe(60);
    expect(new Set(seen).size).toBe(60);
  });

  test("an expired list whose answer offers no other token is an error, not the end of the list", async () => {
    await compact(bench.local.etcd);
    const cluster = {
      call: (request: { query?: Record<string, unknown> }) => {
        const { continue: token, ...query } = request.query ?? {};
        // A list at a revision is answered with 410 and nothing more, where etcd no longer has it.
        const exactly = { ...query, resourceVersion: "2", resourceVersionMatch: "Exact" };
        return bench.cluster.call((token === undefined ? request : { ...request, query: exactly }) as never);
      },
    };
    const walking = forEachObject(cluster as never, resource, () => Promise.resolve(), {
      ...bench.work,
      ...{ doing: "walking", full: true },
    });
    await expect(walking).rejects.toMatchObject({ status: 410, continueToken: undefined });
  });

  test("what passes is tried again: a conflict, and an API server that is killed and comes back", async () => {
    const tries = new Map<string, number>();
    const met: unknown[] = [];
    let restarting: Promise<void> | undefined;
    const visit = async ({ metadata }: KubernetesObject): Promise<void> => {
      const tried = (tries.get(metadata.name) ?? 0) + 1;
      tries.set(metadata.name, tried);
      if (tries.size === 30 && restarting === undefined) {
        const killed = bench.local.killApiServer();
        restarting = killed.then(() => bench.local.restartApiServer());
        await killed;
      }
      // The first patch is of an object that has changed since.
      const body = tried === 1 ? { metadata: { resourceVersion: "1" } } : {};
      const patch = { ...{ method: "PATCH", path: resourcePath(resource, metadata) }, body };
      await bench.cluster.call({ ...patch, contentType: PatchType.merge } as never).catch((error: unknown) => {
        met.push(error instanceof UnreachableError ? "unreachable" : (error as ApiError).status);
        throw error;
      });
    };
    const result = await forEachObject(bench.cluster, resource, visit, { ...bench.work, doing: "patching" });
    await restarting;
    expect(result).toMatchObject({ visited: 60, gone: 0, failedCount: 0, failed: [] });
    expect(met).toEqual(expect.arrayContaining([409, "unreachable"]));
    expect(Math.min(...tries.values())).toBeGreaterThanOrEqual(2);
  });

  test("no more than a few visits are under way at once, and an abort ends the walk", async () => {
    const abort = new AbortController();
    let running = 0;
    let most = 0;
    const walk = forEachObject(
      bench.cluster,
      resource,
      async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 20));
        running--;
        if (most >= 4) abort.abort(new Error("stop it"));
      },
      { report: () => undefined, signal: abort.signal, doing: "walking" },
    );
    await expect(walk).rejects.toThrow("stop it");
    expect(most).toBeLessThanOrEqual(32);
  });

  test("an unserved version is an error, not so many deleted objects", async () => {
    await expect(rewriteAllObjects(bench.cluster, { ...resource, version: "v9" }, bench.work)).rejects.toThrow(/404/);
  });
});

describe("serving, unserving, dropping", () => {
  const kind = "Dropped";
  const plural = pluralOf(kind);

  test("T1 a version is served everywhere; the hash names the storage version", async () => {
    await bench.define(kind, { storage: "v1" });
    const servers = await findApiServers(bench.cluster);
    await awaitServedEverywhere(servers, { group, plural }, { served: ["v1", "v2"], notServed: ["v3"] }, bench.work);
    expect(await discover(bench.cluster, { group, version: "v2", plural })).toEqual({
      served: true,
      storageVersionHash: storageVersionHash(group, "v1", kind),
    });
    expect(await discoverStorageMigrationVersion(bench.cluster)).toBe("v1");
    servers.close();
  });

  test("T1b a collection without objects: agreement says so, the pass is clean, the list is readable", async () => {
    const servers = await findApiServers(bench.cluster);
    const { evidence } = await awaitStorageAgreement(servers, target(kind, "v1"), bench.work);
    expect(evidence).toContain("no object could be probed (there is none), so only discovery speaks for it");
    const result = await rewriteAllObjects(bench.cluster, target(kind, "v1"), bench.work);
    expect(result).toMatchObject({ visited: 0, failedCount: 0 });
    expect(Number(result.listResourceVersion)).toBeGreaterThan(0);
    await awaitReadableEverywhere(servers, target(kind, "v1"), bench.work);
    servers.close();
  });

  test("T2 managedFields move off v1, entries of one manager merged; server-side apply works after the drop", async () => {
    const path = (version: string) => `/apis/${group}/${version}/namespaces/default/${plural}/one`;
    const apply = (version: string, spec: object) =>
      bench.local.client.apply(path(version), objectOf(kind, version, "one", spec), "applier");
    await apply("v1", { host: "a" });
    await bench.local.client.mergePatch(`${path("v1")}?fieldManager=editor`, { spec: { port: 1 } });
    await bench.local.client.mergePatch(`${path("v2")}?fieldManager=editor`, { spec: { note: "n" } });
    await bench.define(kind, { storage: "v2" });
    await rewriteAllObjects(bench.cluster, { group, version: "v2", plural }, bench.work);
    const moved = await moveManagedFields(bench.cluster, { group, version: "v2", plural }, ["v1"], bench.work);
    expect(moved).toMatchObject({ moved: 1, failedCount: 0 });
    const { managedFields } = (await bench.local.client.get(path("v2"))).metadata;
    const entries = (managedFields as { manager: string; apiVersion: string; fieldsV1: object }[]).map(
      ({ manager, apiVersion, fieldsV1 }) => ({ manager, apiVersion, fieldsV1 }),
    );
    expect(entries).toEqual(
      expect.arrayContaining([
        { manager: "applier", apiVersion: `${group}/v2`, fieldsV1: { "f:spec": { "f:host": {} } } },
        { manager: "editor", apiVersion: `${group}/v2`, fieldsV1: { "f:spec": { "f:port": {}, "f:note": {} } } },
      ]),
    );
    expect(entries.map(({ apiVersion }) => apiVersion)).not.toContain(`${group}/v1`);
  });

  test("T3 after the drop every object is readable and server-side apply goes on", async () => {
    const live = await bench.live(plural);
    await bench.local.client.mergePatch(
      `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${live.metadata.name}/status`,
      {
        status: { storedVersions: ["v2"] },
      },
    );
    await bench.define(kind, { storage: "v2", versions: ["v2"] });
    const servers = await findApiServers(bench.cluster);
    await awaitServedEverywhere(servers, { group, plural }, { served: ["v2"], notServed: ["v1"] }, bench.work);
    await awaitReadableEverywhere(servers, { group, version: "v2", plural }, bench.work);
    await bench.local.client.apply(
      `/apis/${group}/v2/namespaces/default/${plural}/one`,
      objectOf(kind, "v2", "one", { host: "b" }),
      "applier",
    );
    servers.close();
  });

  test("T4 a version dropped too early: the LIST fails and says through which server", async () => {
    const early = "Early";
    await bench.define(early, { storage: "v1" });
    await bench.create(pluralOf(early), "v1", objectsOf(early, "v1", 3));
    const { metadata } = await bench.define(early, { storage: "v2" });
    await bench.local.client.mergePatch(
      `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${metadata.name}/status`,
      {
        status: { storedVersions: ["v2"] },
      },
    );
    await bench.define(early, { storage: "v2", versions: ["v2"] });
    const servers = await findApiServers(bench.cluster);
    await awaitServedEverywhere(
      servers,
      { group, plural: pluralOf(early) },
      { served: ["v2"], notServed: ["v1"] },
      bench.work,
    );
    const reading = awaitReadableEverywhere(servers, { group, version: "v2", plural: pluralOf(early) }, bench.work);
    await expect(reading).rejects.toThrow(/API server .+ cannot list every object of earlys.*invalid group\/version/s);
    servers.close();
  });
});

/** Everything up to now becomes history that etcd no longer has. */
async function compact(etcd: string): Promise<void> {
  const post = async (path: string, body: object): Promise<{ header: { revision: string } }> =>
    (await (await fetch(`${etcd}${path}`, { method: "POST", body: JSON.stringify(body) })).json()) as never;
  const key = Buffer.from("x").toString("base64");
  const { header } = await post("/v3/kv/range", { key });
  await post("/v3/kv/compaction", { revision: header.revision, physical: true });
}

describe("agreement beside others who write", () => {
  const names = ["a-hot", "b-quiet"];
  const pathOf = (kind: string, name: string): string =>
    `/apis/${group}/v2/namespaces/default/${pluralOf(kind)}/${name}`;
  const create = async (kind: string): Promise<void> => {
    await bench.define(kind, { storage: "v1" });
    await bench.create(
      pluralOf(kind),
      "v1",
      names.map((name) => objectOf(kind, "v1", name, {})),
    );
  };
  const agree = async (kind: string): Promise<{ evidence: readonly string[]; said: string[] }> => {
    const from = bench.said.length;
    await bench.define(kind, { storage: "v2" });
    const servers = await findApiServers(bench.cluster);
    try {
      const { evidence } = await awaitStorageAgreement(servers, target(kind, "v2"), bench.work);
      return { evidence, said: bench.said.slice(from) };
    } finally {
      servers.close();
    }
  };
  const ofQuiet = /^PATCH {} on default\/b-quiet through each/;

  test("an object that others write all the time does not hold agreement up: the other one is probed, and it alone", async () => {
    const kind = "Hot";
    await create(kind);
    let stopped = false;
    const write = async (writer: number): Promise<void> => {
      const path = pathOf(kind, "a-hot");
      for (let nth = 0; !stopped; nth++) await bench.local.client.mergePatch(path, { spec: { [`w-${writer}`]: nth } });
    };
    const writtenAt = async (name: string): Promise<string> => {
      const { managedFields } = (await bench.local.client.get(pathOf(kind, name))).metadata;
      const times = (managedFields as { time: string }[]).map(({ time }) => time);
      return times.sort().at(-1) ?? "";
    };
    const writers = [1, 2, 3].map(write);
    try {
      // managedFields tell the second: within one, both seem to be as old.
      while ((await writtenAt("a-hot")) <= (await writtenAt("b-quiet")));
      const { evidence, said } = await agree(kind);
      expect(evidence[1]).toMatch(ofQuiet);
      expect(said.filter((row) => /a-hot/.test(row))).toEqual([]);
    } finally {
      stopped = true;
      await Promise.all(writers);
    }
  });

  test("what somebody wrote while it was tried is the last resort, whatever its managedFields say", async () => {
    const kind = "Unmarked";
    const path = pathOf(kind, "a-hot");
    await create(kind);
    // Without managedFields it seems to be the one that was written longest ago, and is tried first.
    const unmarked = { managedFields: [{}] };
    await bench.local.client.mergePatch(path, { metadata: unmarked });
    let writes = 0;
    const admission = await startAdmission({
      // A probe begins with a dry run: what is written during it lies between the probe's requests, however quick they are.
      [pluralOf(kind)]: async (name, _user, isDryRun) => {
        if (name === "a-hot" && isDryRun)
          await bench.local.client.mergePatch(path, { metadata: unmarked, spec: { writes: ++writes } });
        return { allowed: true };
      },
    });
    try {
      const hooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
      const configuration = webhookConfiguration({ group, plural: pluralOf(kind) }, admission);
      await bench.local.client.post(hooks, configuration);
      while (writes === 0) await bench.local.client.mergePatch(`${path}?dryRun=All`, {});
      const { evidence, said } = await agree(kind);
      expect(said).toContainEqual(expect.stringMatching(/somebody wrote default\/a-hot meanwhile$/));
      expect(evidence[1]).toMatch(ofQuiet);
    } finally {
      admission.close();
    }
  });
});
