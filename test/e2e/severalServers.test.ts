import type { VersionedCRDArgs } from "../../components";
import type { LocalApiServer } from "../../local/cluster/apiServer";
import { connect } from "../../local/cluster/client";
import { rightsForDrop, rightsForUp } from "../../components/kubernetes/rights/rolloutRights";
import { createGadget, definitionOf, group as gadgets } from "./gadgets";
import { atWork, pause } from "./lossWorld";
import { startRequestProxy } from "./requestProxy";
import { startWorld, type Run, type TestStack, type World } from "./harness";
import { createObject, createObjects, definitionPath, group, manifest, objectPath, plural, resource } from "./selfies";

jest.setTimeout(300_000);

const resources = [resource, { group: gadgets, plural: "gizmos" }];
const rights = [...rightsForUp(resources), ...rightsForDrop()];
const ALL = "3 API servers (cp-1, cp-2, cp-3)";

describe("three API servers behind a TCP balancer", () => {
  let world: World;
  let stack: TestStack;
  let both: VersionedCRDArgs;
  let server: (host: string) => LocalApiServer;
  /** Rolls out a CRD of its own, as one who reaches the servers through a balancer that deals out single requests. */
  let blind: TestStack;
  const gizmos = (v2: boolean): VersionedCRDArgs => ({ crd: definitionOf("gizmos", { v2 }), migrator: "direct" });
  const versions = async (): Promise<Set<string>> => new Set(Object.values(await world.stored(group, plural)));
  const storage = async (): Promise<string> => {
    const { spec } = await world.cluster.client.get(definitionPath);
    return (spec.versions as { name: string; storage: boolean }[]).find((version) => version.storage)?.name ?? "";
  };

  beforeAll(async () => {
    world = await startWorld(resources, { servers: 3, network: "namespace" });
    server = (host) => world.cluster.apiServers.find((each) => each.host === host) as LocalApiServer;
    [stack, blind] = [await world.stack("several"), await world.stack("blind")];
    const { url, caBundle } = await world.webhook();
    both = { file: manifest("v1-v2"), conversion: { url, caBundle }, migrator: "direct" };
  });
  afterAll(() => world.end());

  test("T1: serve reports once every one of them serves the version", async () => {
    const [run] = await Promise.all([stack.up({ file: manifest("v1") }), blind.up(gizmos(false))]);
    expect(run.messages).toContainEqual(expect.stringContaining(`v1 on ${ALL}`));
    for (const { client } of world.cluster.apiServers) await client.get(`/apis/${group}/v1`);
    await createObjects(server("cp-1").client, 20);
  });

  const late = ["late-1", "late-2"];
  test("T2: one is paused with creates in flight: nothing is flipped, and the error names its host; resumed, it stores them as v1", async () => {
    const patient = connect(server("cp-2").client.endpoint, 240_000);
    await Promise.all(late.map(() => patient.get("/version"))); // connected, a request reaches the paused server's socket
    await server("cp-2").pause();
    const queued = Promise.all(late.map((name) => createObject(patient, name, "late:1")));
    queued.catch(() => undefined); // until it is looked at
    expect(await stack.refused(stack.up(both))).toMatch(
      /API server on cp-2: its identity Lease .*decommissionedServers: \["cp-2"\]/s,
    );
    expect(await storage()).toBe("v1");
    server("cp-2").resume();
    await queued;
    patient.close();
    const stored = await world.stored(group, plural);
    expect(late.map((name) => stored[`default/${name}`])).toEqual([`${group}/v1`, `${group}/v1`]);
  });

  test("T3: it goes on while another is cut off from etcd: that one is waited for, and only then all flip", async () => {
    await server("cp-3").cutOff();
    const running = stack.up({ ...both, stopAfter: "store" });
    await pause(15_000);
    expect(await storage()).toBe("v1");
    await server("cp-3").rejoin();
    await running;
    expect(await storage()).toBe("v2");
  });

  test("T4: one is added and one restarted while objects are rewritten: all of them count, every object is v2, also those that were queued", async () => {
    const running = stack.up({ ...both, stopAfter: "migrate" });
    await Promise.race([running, atWork(server("cp-2").client, `${plural}.${group}`, "migrate")]);
    await Promise.all([world.cluster.addApiServer(), server("cp-1").restart()]);
    // A restart cuts its connections, and what was asked on them is asked again.
    const { outputs } = await running;
    expect(await versions()).toEqual(new Set([`${group}/v2`]));
    const proof = JSON.parse(outputs["proof"] as string) as { servers: string[] };
    expect(proof.servers).toHaveLength(4);
  });

  test("T5: one crashed and its Lease stayed: drop holds until the user says that it is gone", async () => {
    await server("cp-3").kill();
    waited = throughBalancer();
    waited.catch(() => undefined); // until T6 looks at it
    const only = { ...both, file: manifest("v2") };
    expect(await stack.refused(stack.up(only))).toMatch(/API server on cp-3: its identity Lease/);
    const { spec } = await world.cluster.client.get(definitionPath);
    expect(spec.versions.map(({ name }: { name: string }) => name)).toContain("v1");
    await stack.up({ ...only, decommissionedServers: ["cp-3"] });
    const after = await world.cluster.client.get(definitionPath);
    expect(after.spec.versions.map(({ name }: { name: string }) => name)).toEqual(["v2"]);
  });

  /** Beside T5, since both wait most of their time. */
  let waited: Promise<Run>;
  async function throughBalancer(): Promise<Run> {
    const alive = world.cluster.apiServers.filter(({ host }) => host !== "cp-3");
    const balancer = await startRequestProxy(world.cluster.dir, alive);
    const kubeconfig = await world.cluster.userKubeconfig("balanced", rights, balancer.url);
    await createGadget(world.cluster.client, "gizmos");
    const run = blind.up({ ...gizmos(true), kubeconfig, decommissionedServers: ["cp-3"], stopAfter: "migrate" });
    return run.finally(() => balancer.close());
  }

  test("T6: where a balancer deals out single requests, none can be distinguished: it takes two passes, and says why", async () => {
    const { messages } = await waited;
    expect(Object.values(await world.stored(gadgets, "gizmos"))).toEqual([`${gadgets}/v2`]);
    expect(messages.join("\n")).toMatch(/a balancer in front deals out single requests/);
    expect(messages.join("\n")).toMatch(/2 clean passes in a row/);
  });

  test("T7: back again, it reads every object, as the others do", async () => {
    await server("cp-3").start();
    for (const { client } of world.cluster.apiServers) {
      let list = await client.send("GET", objectPath("v2"));
      for (; list.status === 429; list = await client.send("GET", objectPath("v2"))) await pause(200); // its cache fills
      expect(list.status).toBe(200);
      const { items } = list.body as { items: { apiVersion: string; metadata: { name: string } }[] };
      expect(items.map(({ apiVersion, metadata }) => `${apiVersion} ${metadata.name}`).sort()).toEqual(
        [...late, ...Array.from({ length: 20 }, (_, index) => `old-${index}`)]
          .map((name) => `${group}/v2 ${name}`)
          .sort(),
      );
    }
  });
});
