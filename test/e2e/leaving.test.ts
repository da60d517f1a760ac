import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { rightsForDelete, rightsForUp, VersionedCRD, type VersionedCRDArgs } from "../../components";
import { REQUEST_TIMEOUT_SECONDS } from "../../local/toolchain/kubernetesPlugin";
import { startWorld, type World } from "./harness";
import { createGadget, crdName, definitionOf, definitionPath, fileOf, group, identities } from "./gadgets";
import { ProgramStack } from "./programs";

jest.setTimeout(300_000);

/** The rows of docs/leaving.md, one after the other on the same CRDs: none of them loses one. */
describe("leaving, moving and coming back", () => {
  let world: World;
  let dir: string;
  let kubeconfig: string;
  let stack: ProgramStack;
  let second: ProgramStack;
  let before: unknown;

  const owner = "kubernetes-storage-migration/owner";
  const args = (plural: string, more: VersionedCRDArgs = {}): VersionedCRDArgs => {
    return { file: fileOf(dir, plural), kubeconfig, requestTimeoutSeconds: 2, migrator: "direct", ...more };
  };
  const component =
    (name: string, plural: string, more?: VersionedCRDArgs, aliases?: { name: string }[]) => (): void => {
      new VersionedCRD(name, args(plural, more), aliases && { aliases });
    };
  const same = async (plural: string): Promise<void> =>
    expect(await identities(world.cluster.client, plural)).toEqual(before);
  const ownerOf = async (plural: string): Promise<string> =>
    (await world.cluster.client.get(definitionPath(plural))).metadata.annotations[owner] as string;

  beforeAll(async () => {
    const resources = ["alphas", "betas"].map((plural) => ({ group, plural }));
    world = await startWorld(resources, { requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS });
    dir = path.dirname(world.kubeconfig);
    kubeconfig = await world.cluster.userKubeconfig("owner", [
      ...rightsForUp(resources),
      ...rightsForDelete(resources),
    ]);
    stack = await ProgramStack.create(dir, "first", world.cluster.kubeconfig);
    second = await ProgramStack.create(dir, "second", world.cluster.kubeconfig);
    await stack.up(component("alpha", "alphas"));
    await createGadget(world.cluster.client, "alphas");
    before = await identities(world.cluster.client, "alphas");
  });
  afterAll(() => world.end());

  test("T1: renamed without an alias, it is made anew over the same CRD; with one, its state moves", async () => {
    const renamed = await stack.up(component("renamed", "alphas", { onDelete: "delete-with-objects" }));
    expect(renamed.operations).toMatchObject({ "renamed-serve": "create", "alpha-serve": "delete" });
    await same("alphas");
    // The one that leaves may delete for real by now: the CRD belongs to its other name, and stays.
    await stack.up(component("again", "alphas"));
    await same("alphas");
    const aliased = await stack.up(component("alpha", "alphas", {}, [{ name: "again" }]));
    expect(Object.values(aliased.operations)).not.toContain("create");
    expect(Object.values(aliased.operations)).not.toContain("delete");
    expect(await ownerOf("alphas")).toBe("organization/entering/first/alpha");
    await same("alphas");
  });

  test("T2: moved to another stack by `pulumi state move`, it goes on there; a stack that does not have it is refused", async () => {
    const stranger = await second.refused(second.preview(component("alpha", "alphas")));
    expect(stranger).toMatch(/belongs to organization\/entering\/first\/alpha/);
    const { alpha = "" } = await stack.urns();
    await stack.pulumi("state", "move", "--source", "first", "--dest", "second", alpha, "--yes");
    const moved = await second.up(component("alpha", "alphas"));
    expect(moved.operations).toMatchObject({ "alpha-serve": "update", "alpha-drop": "same" });
    expect(await ownerOf("alphas")).toBe("organization/entering/second/alpha");
    const settled = await second.preview(component("alpha", "alphas"));
    expect(new Set(Object.values(settled.operations))).toEqual(new Set(["same"]));
    await same("alphas");
  });

  test("T3: destroy where no node_modules are fails and touches nothing; with them it retains", async () => {
    const empty = fs.mkdtempSync(path.join(os.tmpdir(), "no-node-modules-"));
    for (const file of fs.readdirSync(second.workDir)) {
      fs.copyFileSync(path.join(second.workDir, file), path.join(empty, file));
    }
    await expect(second.pulumi("destroy", "--yes", "--stack", "second", "--cwd", empty)).rejects.toThrow();
    fs.rmSync(empty, { recursive: true });
    await same("alphas");
    await second.destroy();
    await same("alphas");
  });

  test("T4: handed back to the official resource by import: one update in place", async () => {
    const token = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition";
    const flags = ["--yes", "--stack", "second", "--generate-code=false", "--protect=false"];
    await second.pulumi("import", token, "alpha", crdName("alphas"), ...flags);
    const program = (): void =>
      void new kubernetes.apiextensions.v1.CustomResourceDefinition("alpha", definitionOf("alphas"));
    expect((await second.up(program)).operations).toMatchObject({ alpha: "update" });
    expect((await second.preview(program)).operations).toMatchObject({ alpha: "same" });
    await same("alphas");
  });

  test("T5: a CRD deleted out of band is an error, after a refresh too, and planned anew when told", async () => {
    await stack.up(component("beta", "betas"));
    await stack.refresh(); // nothing is wrong yet
    await world.cluster.client.delete(definitionPath("betas"));
    await stack.refresh();
    expect(await stack.refused(stack.preview(component("beta", "betas")))).toMatch(/betas\..* is not in the cluster/);
    await stack.up(component("beta", "betas", { recreate: true }));
    await createGadget(world.cluster.client, "betas");
  });

  test("T6: replaced by order, or moved below another parent without an alias, it is deleted by half, and stays", async () => {
    const gone = { onDelete: "delete-with-objects" } as const;
    await stack.up(component("beta", "betas", gone));
    const uids = await identities(world.cluster.client, "betas");
    const { "beta-serve": urn = "" } = await stack.urns();
    const replaced = await stack.up(component("beta", "betas", gone), { replace: [urn] });
    expect(replaced.operations).toMatchObject({ "beta-serve": "delete-replaced" });
    expect(await identities(world.cluster.client, "betas")).toEqual(uids);
    // Its owner is the same, name and stack: the annotation cannot tell the one that stays from the one that goes.
    class Company extends pulumi.ComponentResource {
      constructor() {
        super("company:index:Crds", "company");
        new VersionedCRD("beta", args("betas", gone), { parent: this });
      }
    }
    const moved = await stack.up(() => void new Company());
    expect(moved.operations).toMatchObject({ "beta-serve": "delete" });
    expect(await identities(world.cluster.client, "betas")).toEqual(uids);
  });

  test("T7: a real delete refuses while there are objects, takes them when told, and migrations left over with them", async () => {
    const migrations = "/apis/storagemigration.k8s.io/v1/storageversionmigrations";
    const svm = {
      apiVersion: "storagemigration.k8s.io/v1",
      kind: "StorageVersionMigration",
      metadata: { name: "left" },
    };
    await world.cluster.client.post(migrations, { ...svm, spec: { resource: { group, resource: "betas" } } });
    await stack.up(component("beta", "betas", { onDelete: "delete" }));
    const nothing = (): void => undefined;
    expect(await stack.refused(stack.up(nothing))).toMatch(/betas\.gadgets\.example\.com: has 1 objects/);
    expect((await world.cluster.client.send("GET", definitionPath("betas"))).status).toBe(200);

    await stack.up(component("beta", "betas", { onDelete: "delete-with-objects" }));
    const helm = async (spec: object): Promise<void> => {
      const body = { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", metadata: {}, ...spec };
      const path = `${definitionPath("betas")}?fieldManager=helm`;
      expect((await world.cluster.client.send("PATCH", path, body, "application/apply-patch+yaml")).status).toBe(200);
    };
    await helm({ spec: { versions: definitionOf("betas").spec.versions } });
    expect(await stack.refused(stack.up(nothing))).toMatch(/betas\S+: is applied by helm \(Helm\) as well/);
    await helm({}); // has let go of it
    await stack.up(nothing);
    expect((await world.cluster.client.send("GET", definitionPath("betas"))).status).toBe(404);
    expect((await world.cluster.client.get(migrations)).items).toEqual([]);
  });
});
