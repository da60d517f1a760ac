import * as path from "path";
import * as kubernetes from "@pulumi/kubernetes";
import { REQUEST_TIMEOUT_SECONDS } from "../../local/toolchain/kubernetesPlugin";
import { definitionOf, definitionPath, group, identities } from "./gadgets";
import { startWorld, type World } from "./harness";
import { ProgramStack } from "./programs";

jest.setTimeout(300_000);

const { CustomResourceDefinition } = kubernetes.apiextensions.v1;

/** What the design takes for granted of the official resources. */
describe("the official kubernetes plugin", () => {
  let world: World;
  let stack: ProgramStack;

  beforeAll(async () => {
    world = await startWorld([{ group, plural: "alphas" }], { requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS });
    stack = await ProgramStack.create(path.dirname(world.kubeconfig), "official", world.cluster.kubeconfig);
  });
  afterAll(() => world.end());

  const definition = (description?: string) => (): void => {
    const { metadata, ...rest } = definitionOf("alphas");
    const annotations = { ...(description !== undefined && { description }) };
    new CustomResourceDefinition("alpha", { ...rest, metadata: { ...metadata, annotations } });
  };

  test("updates a CRD by a PUT: what others wrote on it is gone", async () => {
    await stack.up(definition());
    const foreign = { metadata: { annotations: { "example.com/other": "kept by a server-side apply" } } };
    await world.cluster.client.mergePatch(definitionPath("alphas"), foreign);
    expect((await stack.up(definition("changed"))).operations).toMatchObject({ alpha: "update" });
    const { annotations } = (await world.cluster.client.get(definitionPath("alphas"))).metadata;
    expect(annotations).toMatchObject({ description: "changed" });
    expect(annotations).not.toHaveProperty(["example.com/other"]);
  });

  test("with a type alias an object whose apiVersion changes is updated in place", async () => {
    const object = (version: string, aliases: { type: string }[]) => (): void => {
      const dependsOn = new CustomResourceDefinition("alpha", definitionOf("alphas", { v2: version === "v2" }));
      const metadata = { name: "kept", namespace: "default" };
      const args = { apiVersion: `${group}/${version}`, kind: "Alpha", metadata, spec: { size: 3 } };
      new kubernetes.apiextensions.CustomResource("kept", args, { aliases, dependsOn });
    };
    await stack.up(object("v1", []));
    const before = await identities(world.cluster.client, "alphas");
    const run = await stack.up(object("v2", [{ type: `kubernetes:${group}/v1:Alpha` }]));
    expect(run.operations).toMatchObject({ kept: "update" });
    expect(await identities(world.cluster.client, "alphas")).toEqual(before);
  });

  test("awaits no CRD: one whose names are not accepted succeeds, and is not established", async () => {
    const { metadata, spec, ...rest } = definitionOf("betas");
    const names = { ...spec.names, kind: definitionOf("alphas").spec.names.kind }; // alphas' own kind
    const program = (): void => {
      new CustomResourceDefinition("alpha", definitionOf("alphas", { v2: true }));
      const args = { ...rest, metadata, spec: { ...spec, names } };
      new CustomResourceDefinition("beta", args);
    };
    expect((await stack.up(program)).operations).toMatchObject({ beta: "create" });
    const { conditions } = (await world.cluster.client.get(definitionPath("betas"))).status as {
      conditions: { type: string; status: string }[];
    };
    for (const type of ["NamesAccepted", "Established"]) {
      expect(conditions).toContainEqual(expect.objectContaining({ type, status: "False" }));
    }
  });
});
