import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { rightsForRotation } from "../../components/kubernetes/rights/rotationRights";
import { prefixes } from "./rotationBench";
import { startRotationWorld, type RotationStack, type RotationWorld } from "./rotationWorld";

jest.setTimeout(300_000);

const budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
const stored = "/registry/poddisruptionbudgets/";
const args = { resources: ["*.*"], keys: { write: "key1" } };

/** As in the middle of an upgrade: one server serves an API group that the other does not, and a balancer stands before both. */
describe("a rotation under a wildcard, while only one of two API servers serves a resource", () => {
  let world: RotationWorld;
  let balancer: Server;
  let stack: RotationStack;
  let kubeconfig: string;

  beforeAll(async () => {
    world = await startRotationWorld({ servers: 2, controllerManager: false }, ["*.*"]);
    const [first, second] = world.cluster.apiServers;
    await first.client.post(budgets, { metadata: { name: "kept" }, spec: { minAvailable: 1 } });
    await second?.restart(["--runtime-config=policy/v1=false"]);
    balancer = await unevenBalancer(first.address, second?.address ?? "");
    const through = `https://127.0.0.1:${(balancer.address() as AddressInfo).port}`;
    kubeconfig = await world.cluster.userKubeconfig("mixed", rightsForRotation({ resources: ["*.*"] }), through);
    stack = await world.stack("mixed", { migrator: "direct" });
  });
  afterAll(async () => {
    balancer?.close();
    await world?.end();
  });

  test("preview and `up` refuse, by the server and the resource; nothing is written", async () => {
    const second = world.cluster.apiServers[1]?.address ?? "none";
    const refusal = new RegExp(`${second} does not serve poddisruptionbudgets.policy \\(v1\\)\n`);
    expect(await stack.refused(stack.preview({ ...args, kubeconfig }))).toMatch(refusal);
    expect(await stack.refused(stack.up({ ...args, kubeconfig }))).toMatch(refusal);
    expect(Object.keys(await prefixes(world.cluster, stored))).not.toContain("k8s:enc:secretbox:v1:key1:");
  });

  test("once both serve it, its objects are rewritten like all others", async () => {
    await world.cluster.apiServers[1]?.restart([]);
    await stack.up({ ...args, kubeconfig });
    expect(await prefixes(world.cluster, stored)).toEqual({ "k8s:enc:secretbox:v1:key1:": 1 });
  });
});

/** Five of six connections go to the server that serves less. */
async function unevenBalancer(more: string, less: string): Promise<Server> {
  let count = 0;
  const server = createServer((client) => {
    const [host = "", port = ""] = (++count % 6 === 0 ? more : less).split(":");
    const upstream = connect(Number(port), host);
    client.pipe(upstream).pipe(client);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
