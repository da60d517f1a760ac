import { createHash } from "crypto";
import type { VersionedCRDArgs } from "../../components";
import { rightsForDrop, rightsForUp } from "../../components/kubernetes/rights/rolloutRights";
import { rightsForRotation } from "../../components/kubernetes/rights/rotationRights";
import { createGadget, definitionOf, definitionPath as gadgetPath, group as gadgets } from "./gadgets";
import { startWorld, type Run, type TestStack, type World } from "./harness";
import { type Fault, startRequestProxy } from "./requestProxy";
import { createSecrets, prefixes } from "./rotationBench";
import { startRotationWorld, type RotationStack, type RotationWorld } from "./rotationWorld";
import { createObjects, definitionPath, group, manifest, plural, resource } from "./selfies";

jest.setTimeout(300_000);

/** The first time that a request is made it is not answered as it should be; the same one again is. */
class FirstTimes {
  readonly faults: string[] = [];
  private readonly seen = new Set<string>();

  constructor(private readonly fault: Fault) {}

  of({ method = "", url = "" }: { method?: string | undefined; url?: string | undefined }, body: string): Fault {
    // The next try has what it read meanwhile in it, and is the same request nevertheless; a lock is taken and let go of by its holder.
    const holder = /"holderIdentity":"([^"]*)"/.exec(body)?.[0];
    const lasting = holder ?? body.replace(/"(?:resourceVersion|at)\\?":\\?"[^"\\]*/g, "");
    const listed = url.replace(/limit=\d+/, ""); // a page that took too long is asked for again as a smaller one
    const key = createHash("sha256").update(`${method} ${listed}\n${lasting}`).digest("hex");
    if (this.seen.has(key)) return "none";
    this.seen.add(key);
    this.faults.push(`${method} ${url}`);
    return this.fault === "lost" && this.faults.length % 2 === 0 ? "half lost" : this.fault;
  }

  /** How many requests of these kinds met it: a rollout whose gates were left out would ask less. */
  count(pattern: RegExp): number {
    return this.faults.filter((request) => pattern.test(request)).length;
  }
}

const BAD: Fault[] = ["504", "lost"];
const asksAgain = ({ messages }: { messages: string[] }, fault: Fault): void =>
  expect(messages.join("\n")).toMatch(
    fault === "504" ? /HTTP 504 without a Kubernetes Status \(504\); asking again/ : /ECONNRESET.*; asking again/,
  );

describe("each request of a whole rollout is answered badly once: one CRD's with 504, the other one's answers get lost", () => {
  let world: World;
  let stacks: TestStack[];
  let proxies: { url: string; close(): void }[];
  const times = BAD.map((fault) => new FirstTimes(fault));
  let kubeconfigs: string[];
  let webhook: { url: string; caBundle: string };
  const resources = [resource, { group: gadgets, plural: "gizmos" }];

  beforeAll(async () => {
    world = await startWorld(resources);
    stacks = await Promise.all(BAD.map((fault) => world.stack(`bad-${fault}`)));
    const start = (each: FirstTimes) =>
      startRequestProxy(world.cluster.dir, world.cluster.apiServers, (request, body) => each.of(request, body));
    proxies = await Promise.all(times.map(start));
    const rights = [...rightsForUp(resources), ...rightsForDrop()];
    kubeconfigs = await Promise.all(
      proxies.map(({ url }, at) => world.cluster.userKubeconfig(`bad-${at}`, rights, url)),
    );
    webhook = await world.webhook();
  });
  afterAll(async () => {
    for (const proxy of proxies) proxy.close();
    await world.end();
  });

  const up = (selfies: VersionedCRDArgs, gizmos: VersionedCRDArgs): Promise<Run[]> =>
    Promise.all(
      [selfies, gizmos].map((args, at) =>
        (stacks[at] as TestStack).up({ ...args, kubeconfig: kubeconfigs[at] as string }),
      ),
    );
  const gizmos = (versions: string[]): VersionedCRDArgs => {
    const { spec, ...rest } = definitionOf("gizmos", { v2: versions.includes("v2") });
    return {
      crd: { ...rest, spec: { ...spec, versions: spec.versions.filter(({ name }) => versions.includes(name)) } },
    };
  };
  const both = (): VersionedCRDArgs => ({
    file: manifest("v1-v2"),
    conversion: { url: webhook.url, caBundle: webhook.caBundle },
  });

  test("T1: the CRDs are made", async () => {
    const runs = await up({ file: manifest("v1") }, gizmos(["v1"]));
    runs.forEach((run, at) => asksAgain(run, BAD[at] as Fault));
    await createObjects(world.cluster.client, 20);
    await createGadget(world.cluster.client, "gizmos");
  });

  test("T2: v2 is served, rehearsed, stored and migrated", async () => {
    const runs = await up(both(), gizmos(["v1", "v2"]));
    runs.forEach((run, at) => asksAgain(run, BAD[at] as Fault));
    expect(new Set(Object.values(await world.stored(group, plural)))).toEqual(new Set([`${group}/v2`]));
    expect(Object.values(await world.stored(gadgets, "gizmos"))).toEqual([`${gadgets}/v2`]);
    for (const { outputs } of runs) expect(outputs["storedVersions"]).toEqual(["v2"]);
    for (const each of times) {
      expect(each.count(/^PATCH \/apis\/apiextensions/)).toBeGreaterThanOrEqual(6);
      expect(each.count(/^(?:POST|PUT) .*\/leases/)).toBeGreaterThanOrEqual(5);
    }
    expect(times[0]?.count(/^POST \/apis\/storagemigration/)).toBe(1);
    expect(runs[0]?.messages.join("\n")).toMatch(/StorageVersionMigration selfierequests\S+ succeeded/);
    expect(times[0]?.count(/^PATCH .*\/selfierequests\/old-/)).toBeGreaterThanOrEqual(40); // rehearsed and rewritten
  });

  test("T3: v1 is dropped; nothing is left of the old version, and every object is there", async () => {
    const runs = await up({ ...both(), file: manifest("v2") }, gizmos(["v2"]));
    runs.forEach((run, at) => asksAgain(run, BAD[at] as Fault));
    for (const path of [definitionPath, gadgetPath("gizmos")]) {
      const { spec, status } = await world.cluster.client.get(path);
      expect((spec.versions as { name: string }[]).map(({ name }) => name)).toEqual(["v2"]);
      expect(status.storedVersions).toEqual(["v2"]);
    }
    expect(Object.keys(await world.stored(group, plural))).toHaveLength(20);
    expect(Object.keys(await world.stored(gadgets, "gizmos"))).toEqual(["default/kept"]);
  });
});

describe("each request of a whole rotation is answered badly once", () => {
  let world: RotationWorld;
  let stack: RotationStack;

  beforeAll(async () => {
    world = await startRotationWorld();
    await createSecrets(world.cluster, 20);
    stack = await world.stack("bad");
  });
  afterAll(() => world.end());

  test.each<[Fault, { write: string; archive?: string[] }]>([
    ["504", { write: "first" }],
    ["lost", { write: "second", archive: ["first"] }],
  ])("%s: every Secret moves, and the old key leaves the file", async (fault, keys) => {
    const times = new FirstTimes(fault);
    const { cluster } = world;
    const proxy = await startRequestProxy(cluster.dir, cluster.apiServers, (request, body) => times.of(request, body));
    const rights = rightsForRotation({ resources: ["secrets"], kms: true });
    const kubeconfig = await cluster.userKubeconfig(`rotating-${fault}`, rights, proxy.url);
    const run = await stack.up({ keys, kubeconfig, migrator: "in-tree" }).finally(() => proxy.close());
    asksAgain(run, fault);
    expect(run.messages.join("\n")).toMatch(/StorageVersionMigration secrets\S+ succeeded/);
    expect(run.outputs["keyOrder"]).toEqual({ secrets: [`secretbox:${keys.write}`] });
    expect(await prefixes(cluster)).toEqual({ [`k8s:enc:secretbox:v1:${keys.write}:`]: 20 });
    expect(times.count(/^(?:POST|PATCH) .*\/configmaps/)).toBeGreaterThanOrEqual(4);
    expect(times.count(/^POST \/apis\/storagemigration/)).toBe(1);
  });
});
