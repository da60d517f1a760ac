import { rightsForDrop, rightsForUp } from "../../components";
import { rightsForMigration } from "../../components/kubernetes/rights/migrationRights";
import { group, type LossWorld, startLossWorld } from "./lossWorld";
import { createKept, define, objectsPath, specOfKept, startBin, stored } from "./othersCrds";

jest.setTimeout(300_000);

const others = "net.example.com";
const fields = { v1: ["both", "onlyV1"], v2: ["both"] };
const spec = { both: "both", onlyV1: "only v1 knows it" };

describe("tries to lose fields of objects that no rollout manages", () => {
  let world: LossWorld;

  beforeAll(async () => {
    world = await startLossWorld(["owners"]);
  });
  afterAll(() => world.end());

  test("a child whose preferred version knows less than the storage version keeps its fields when its owner reference is rewritten", async () => {
    const { client, cluster } = world;
    const attempt = world.attempt("owners");
    const stack = await world.stack("owners");
    await stack.up(attempt.args(["v1"]));
    await attempt.createMany(1);
    const child = `children.${others}`;
    await define(cluster, child, { versions: ["v1", "v2"], storage: "v1", fields });
    const { uid } = (await client.get(attempt.path("v1", "old-0"))).metadata;
    const owner = { apiVersion: `${group}/v1`, kind: "Owner", name: "old-0", uid };
    await createKept(cluster, child, "v1", spec, { ownerReferences: [owner] });

    await stack.up(attempt.args(["v1", "v2"]));
    const patch = { apiGroups: [others], resources: ["*"], verbs: ["patch"] };
    const rights = [...rightsForUp([{ group, plural: "owners" }]), ...rightsForDrop(), patch];
    const kubeconfig = await cluster.userKubeconfig("patcher", rights);
    await stack.up(attempt.args(["v2"], { ownerReferences: "rewrite", kubeconfig }));

    const { metadata } = await client.get(`${objectsPath(child, "v1")}/kept`);
    expect(metadata.ownerReferences).toEqual([{ ...owner, apiVersion: `${group}/v2` }]);
    expect(await specOfKept(cluster, child, "v1")).toEqual(spec);
  });

  test("migrate, and an older version that is not served any more: refused with the field that only it knows, until that one is kept", async () => {
    const { cluster } = world;
    const crd = `shades.${others}`;
    await define(cluster, crd, { versions: ["v1"], storage: "v1", fields });
    await createKept(cluster, crd, "v1", spec);
    await define(cluster, crd, { versions: ["v1", "v2"], storage: "v2", served: ["v2"], fields });
    const kubeconfig = await cluster.userKubeconfig("day-shift", rightsForMigration([crd]));
    const migrate = () =>
      startBin(kubeconfig, "migrate", crd, "--yes", "--migrator", "direct", "--request-timeout-seconds", "3").ended;

    const refused = await migrate();
    expect(refused.code).toBe(1);
    expect(refused.out + refused.err).toMatch(
      /objects may be stored in v1, and v2's schema lacks \.spec\.onlyV1 of it/,
    );
    expect(await stored(cluster, crd)).toEqual({ v1: 1 });

    const kept = { ...fields, v2: fields.v1 };
    await define(cluster, crd, { versions: ["v1", "v2"], storage: "v2", served: ["v2"], fields: kept });
    expect(await migrate()).toMatchObject({ code: 0 });
    expect(await specOfKept(cluster, crd, "v2")).toEqual(spec);
    expect(await stored(cluster, crd)).toEqual({ v2: 1 });
  });
});
