import type * as pulumi from "@pulumi/pulumi";
import { StorageMigration, type StorageMigrationArgs } from "../../../components";
import { ran, type Registered } from "../program";

async function resourcesOf(args: StorageMigrationArgs): Promise<Map<string, Registered>> {
  const program = (): pulumi.Resource[] => {
    const made = new StorageMigration("cilium", args);
    return [made, ...Object.values(made.migrations)];
  };
  return (await ran({}, {}, program)).resources;
}

test("one resource for each name or pattern: names and type tokens are public API", async () => {
  const resources = [...(await resourcesOf({ resources: ["ciliumnodes.cilium.io", "*.cilium.io"] })).values()];
  const type = "pulumi-nodejs:dynamic/kubernetes-storage-migration:MigrateObjects";
  expect(resources.map((resource) => `${resource.type} ${resource.name}`)).toEqual([
    "kubernetes-storage-migration:index:StorageMigration cilium",
    `${type} cilium-ciliumnodes.cilium.io`,
    `${type} cilium-*.cilium.io`,
  ]);
  expect(resources.slice(1).map(({ parent }) => parent)).toEqual(["cilium", "cilium"]);
});

test("defaults are those of a VersionedCRD, and the cluster is a reference", async () => {
  const resources = await resourcesOf({ resources: ["a.example.com"], kubeconfig: "k.yaml", context: "c" });
  expect(resources.get("cilium-a.example.com")?.inputs).toMatchObject({
    resource: "a.example.com",
    migrator: "in-tree",
    requestTimeoutSeconds: 60,
    decommissionedServers: [],
    cluster: { kubeconfig: "k.yaml", context: "c" },
  });
});

test.each([
  [{ resources: [] }, "resources is []"],
  [{ resources: ["a.b.c", "a.b.c"] }, 'resources is ["a.b.c","a.b.c"]'],
  [{ resources: ["a_b"] }, 'resource "a_b"'],
  [{ resources: ["a.b.c"], migrator: "mine" }, "migrator is mine"],
  [{ resources: ["a.b.c"], requestTimeoutSeconds: 0 }, "requestTimeoutSeconds is 0"],
  [{ resources: ["a.b.c"], decommissionedServers: "cp-21" }, "decommissionedServers is of type string"],
  [{ resources: ["a.b.c"], resource: "x" }, "unknown argument resource"],
])("%j is refused", async (args, said) => {
  await expect(resourcesOf(args as StorageMigrationArgs)).rejects.toThrow(said);
});
