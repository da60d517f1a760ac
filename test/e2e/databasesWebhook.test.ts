import * as path from "path";
import {
  type Acknowledgement,
  ConversionWebhook,
  rightsForConversionWebhook,
  rightsForDrop,
  rightsForOwnAuthority,
  rightsForUp,
  VersionedCRD,
  type VersionedCRDArgs,
} from "../../components";
import { checkout } from "../../local/checkout";
import { PodRunner } from "../../local/pods/runner";
import { REQUEST_TIMEOUT_SECONDS } from "../../local/toolchain/kubernetesPlugin";
import { startWorld, type World } from "./harness";
import { ProgramStack } from "./programs";

jest.setTimeout(300_000);

const resource = { group: "example.com", plural: "databases" };
const definitionPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/databases.example.com";
const name = "databases-conversion";
const SECRET = "correct horse battery staple";

/** The guide's Database through examples/databases/conversion.ts: v2 has a password that a client of v1 must neither see nor lose. */
describe("examples/databases: a secret field comes with v2", () => {
  let world: World;
  let stack: ProgramStack;
  let pods: PodRunner;
  /** A drop may list everything: before it, a missing right is missed. */
  let grantDrop: () => Promise<unknown>;

  beforeAll(async () => {
    pods = new PodRunner("default");
    world = await startWorld([resource], await pods.options());
    await pods.start(world.cluster.client);
    const rights = [
      ...rightsForUp([resource]),
      ...rightsForConversionWebhook({ namespace: "default", name }),
      ...rightsForOwnAuthority(),
    ];
    const kubeconfig = await world.cluster.userKubeconfig("webhooks", rights);
    grantDrop = () => world.cluster.userKubeconfig("webhooks", [...rights, ...rightsForDrop()]);
    stack = await ProgramStack.create(path.dirname(world.kubeconfig), "databases", kubeconfig);
  });
  afterAll(async () => {
    await pods.stop();
    await world.end();
  });

  const rollout =
    (file: string, more: Partial<VersionedCRDArgs> = {}, isConverted = true) =>
    (): void => {
      const keys = [Buffer.alloc(32, 7).toString("base64")];
      const conversion = checkout("examples", "databases", "conversion.ts");
      new VersionedCRD("databases", {
        file: checkout("examples", "databases", file),
        requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS,
        migrator: "direct",
        ...more,
        ...(isConverted && { conversion: new ConversionWebhook("databases-conversion", { conversion, keys }) }),
      });
    };
  const at = (version: string, name = ""): string =>
    `/apis/example.com/${version}/namespaces/default/databases${name && `/${name}`}`;
  const create = (version: string, name: string, spec: object): Promise<unknown> =>
    world.cluster.client.post(at(version), {
      apiVersion: `example.com/${version}`,
      kind: "Database",
      metadata: { name },
      spec,
    });
  const spec = async (version: string, name: string): Promise<unknown> =>
    (await world.cluster.client.get(at(version, name))).spec as unknown;
  const stored = (): Promise<Record<string, string>> => world.stored(resource.group, resource.plural);
  const orders = { databaseName: "orders", username: "app" };

  test("T1 v1 alone, with objects; then both: a plan saved before the webhook's certificate is made holds for nothing", async () => {
    await stack.up(rollout("v1.yaml", {}, false));
    for (const name of ["orders", "carts"]) await create("v1", name, { ...orders, databaseName: name });
    const program = rollout("v1-v2.yaml", { stopAfter: "migrate" });
    const plan = path.join(stack.workDir, "plan.json");
    await stack.preview(program, { plan });
    expect(await stack.refused(stack.up(program, { plan }))).toMatch(/databases-serve violates plan/);
    const { spec } = await world.cluster.client.get(definitionPath);
    expect(spec.versions.map(({ name }: { name: string }) => name)).toEqual(["v1"]);
    expect(spec.conversion).toEqual({ strategy: "None" });
  });

  test("T2 the next one, which knows it, is carried out: every object is moved through the webhook", async () => {
    const program = rollout("v1-v2.yaml", { stopAfter: "migrate" });
    const plan = path.join(stack.workDir, "plan.json");
    await stack.preview(program, { plan });
    await stack.up(program, { plan });
    expect(await stored()).toEqual({ "default/orders": "example.com/v2", "default/carts": "example.com/v2" });
    expect(await spec("v2", "carts")).toEqual({ ...orders, databaseName: "carts" });
  });

  test("T3 a client of v1 reads an object that has a password by now, and does not see it", async () => {
    await world.cluster.client.mergePatch(at("v2", "orders"), { spec: { password: SECRET } });
    const shown = await world.cluster.client.get(at("v1", "orders"));
    expect(shown.spec).toEqual(orders);
    expect(JSON.stringify(shown)).not.toContain(SECRET);
  });

  test("T4 it updates, patches and applies that object, and the password is still there", async () => {
    const { client } = world.cluster;
    const shown = await client.get(at("v1", "orders"));
    await client.put(at("v1", "orders"), { ...shown, spec: { ...orders, username: "admin" } });
    expect(await spec("v2", "orders")).toEqual({ ...orders, username: "admin", password: SECRET });
    await client.mergePatch(at("v1", "orders"), { spec: { username: "root" } });
    const part = { apiVersion: "example.com/v1", kind: "Database", spec: { databaseName: "orders-2" } };
    await client.apply(at("v1", "orders"), part, "night-shift&force=true");
    expect(await spec("v2", "orders")).toEqual({ databaseName: "orders-2", username: "root", password: SECRET });
  });

  test("T5 v1 is dropped, and the webhook with it: the password is what it was, and nothing of it is left sealed", async () => {
    await grantDrop();
    const acknowledge: Acknowledgement[] = [{ check: "version-in-use", path: "v1", reason: "the client of T4" }];
    await stack.up(rollout("v2.yaml", { acknowledge }, false));
    expect(await spec("v2", "orders")).toEqual({ databaseName: "orders-2", username: "root", password: SECRET });
    expect((await world.cluster.client.get(at("v2", "orders"))).metadata.annotations).toBeUndefined();
    while (pods.pods("databases-conversion").length > 0) await new Promise((resolve) => setTimeout(resolve, 100));
  });
});
