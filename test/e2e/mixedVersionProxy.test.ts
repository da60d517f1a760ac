import { awaitBuiltInAgreement } from "../../components/migration/builtIn/agreement";
import { type BuiltIn, findBuiltIn } from "../../components/migration/builtIn/builtIn";
import { findApiServers } from "../../components/kubernetes/apiServers";
import { rightsForRotation } from "../../components/kubernetes/rights/rotationRights";
import type { LocalApiServer } from "../../local/cluster/apiServer";
import { type Bench, startBench } from "./engine";

jest.setTimeout(300_000);

const version = "/apis/node.k8s.io/v1";

/** Since 1.36 a server that does not serve a version passes a request for it on to one that does, where it knows the authority of its peers. */
describe("two API servers that ask each other, and one that does not serve node.k8s.io/v1", () => {
  let bench: Bench;
  let lagging: LocalApiServer;
  let builtIn: BuiltIn;
  beforeAll(async () => {
    bench = await startBench("mixed-version-proxy", {
      servers: 2,
      mixedVersionProxy: true,
      controllerManager: false,
      rights: rightsForRotation({ resources: ["runtimeclasses.node.k8s.io"] }),
    });
    // While both serve it: which of them is asked, the balancer decides.
    builtIn = (await findBuiltIn(bench.cluster, "runtimeclasses.node.k8s.io")) as BuiltIn;
    lagging = bench.local.apiServers[1] as LocalApiServer;
    await lagging.restart(["--runtime-config=node.k8s.io/v1=false"]);
  });
  afterAll(() => bench.end());

  test("T1: it answers for its peer, and its own discovery says that it does not serve the version", async () => {
    await expect(lagging.client.get(`${version}/runtimeclasses`)).resolves.toMatchObject({ items: [] });
    expect((await lagging.client.send("GET", version)).status).toBe(404);
  });

  test("T2: what a peer answers is no evidence: agreement waits, and names the server", async () => {
    const enough = new AbortController();
    const report = (row: string): void => {
      if (row.includes("no v1 of it")) enough.abort(new Error(row));
    };
    const work = { report, signal: enough.signal };
    const servers = await findApiServers(bench.cluster, work);
    await expect(awaitBuiltInAgreement(servers, builtIn, work)).rejects.toThrow(
      `${lagging.address} stores no v1 of it`,
    );
  });
});
