import * as path from "path";
import * as kubernetes from "@pulumi/kubernetes";
import { readManifest } from "../../components/crd/manifest";
import { REQUEST_TIMEOUT_SECONDS } from "../../local/toolchain/kubernetesPlugin";
import { startWorld, type World } from "./harness";
import { ProgramStack } from "./programs";
import { crd, definitionPath, manifest, objectPath, resource } from "./selfies";

jest.setTimeout(120_000);

/** Programs with the official SDK run against the real API server, through Pulumi's own plugin. */
describe("the kubernetes plugin carries the official resources", () => {
  let world: World;
  let stack: ProgramStack;

  beforeAll(async () => {
    world = await startWorld([resource], { requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS });
    stack = await ProgramStack.create(path.dirname(world.kubeconfig), "plugin", world.cluster.kubeconfig);
  });
  afterAll(() => world.end());

  const program = (hostPort: string, label?: string) => (): void => {
    const definition = readManifest(manifest("v1"), undefined) as { metadata: object; spec: object };
    const official = new kubernetes.apiextensions.v1.CustomResourceDefinition("selfies", {
      ...definition,
      metadata: { ...definition.metadata, ...(label !== undefined && { labels: { label } }) },
    } as never);
    new kubernetes.apiextensions.CustomResource(
      "one",
      { apiVersion: "stable.example.com/v1", kind: "SelfieRequest", metadata: { name: "one" }, hostPort },
      { dependsOn: official },
    );
  };

  test("create, nothing to do, update in place, refresh, destroy", async () => {
    const first = await stack.up(program("host:1"));
    expect(first.operations).toMatchObject({ selfies: "create", one: "create" });
    const { uid } = (await world.cluster.client.get(definitionPath)).metadata;
    expect((await stack.preview(program("host:1"))).operations).toMatchObject({ selfies: "same", one: "same" });

    const changed = await stack.up(program("host:2", "new"));
    expect(changed.operations).toMatchObject({ selfies: "update", one: "update" });
    expect((await world.cluster.client.get(objectPath("v1", "one"))).hostPort).toBe("host:2");
    const live = await world.cluster.client.get(definitionPath);
    expect(live.metadata).toMatchObject({ uid, name: crd, labels: { label: "new" } });

    await stack.refresh();
    expect((await stack.preview(program("host:2", "new"))).operations).toMatchObject({ selfies: "same", one: "same" });
    await stack.destroy();
    expect((await world.cluster.client.send("GET", definitionPath)).status).toBe(404);
  });
});
