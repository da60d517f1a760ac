import * as fs from "fs";
import * as path from "path";
import { ConversionWebhook, VersionedCRD, type ConversionWebhookArgs, type VersionedCRDArgs } from "../../components";
import { PodRunner } from "../../local/pods/runner";
import { startWorld, type World } from "./harness";
import { ProgramStack } from "./programs";
import { createObjects, definitionPath, manifest, objectPath, resource } from "./selfies";

jest.setTimeout(300_000);

const name = "selfies-conversion";
/** `up` of v1's hostPort; what it says of an address without a port differs between two releases of the conversion. */
const source = (withoutPort: string): string => `
import { defineConversion } from "pulumi-kubernetes-storage-migration/conversion";
const text = { type: "string" } as const;
export default defineConversion({
  group: "stable.example.com",
  kind: "SelfieRequest",
  versions: {
    v1: { type: "object", properties: { hostPort: text } },
    v2: { type: "object", properties: { host: text, port: text } },
  },
  steps: (step) => [
    step("v1", "v2", (m) => [
      m.split("hostPort", ["host", "port"], {
        up: (hostPort) => {
          const at = hostPort.lastIndexOf(":");
          return at < 0 ? ${withoutPort} : [hostPort.slice(0, at), hostPort.slice(at + 1)];
        },
        down: ([host, port]) => \`\${host}:\${port}\`,
      }),
    ]),
  ],
});
`;

/** The very Deployment, run by the local pod runner; the API server reaches it through its Service. */
describe("a CRD moves to its next version through a webhook made of a TypeScript conversion", () => {
  let world: World;
  let stack: ProgramStack;
  let pods: PodRunner;
  let file: string;

  beforeAll(async () => {
    pods = new PodRunner("default");
    world = await startWorld([resource], { apiServerFlags: await pods.flags() });
    pods.start(world.cluster.client);
    stack = await ProgramStack.create(path.dirname(world.kubeconfig), "webhook", world.cluster.kubeconfig);
    file = path.join(stack.workDir, "conversion.ts");
    fs.writeFileSync(file, source("undefined"));
  });
  afterAll(async () => {
    await pods.stop();
    await world.end();
  });

  const program =
    (
      versions: Parameters<typeof manifest>[0],
      more: Partial<VersionedCRDArgs> = {},
      webhook: ConversionWebhookArgs | null = { conversion: file },
    ) =>
    (): void => {
      const conversion = webhook === null ? undefined : new ConversionWebhook(name, webhook);
      new VersionedCRD("selfies", {
        file: manifest(versions),
        requestTimeoutSeconds: 3,
        migrator: "direct",
        ...(conversion && { conversion }),
        ...more,
      });
    };

  const served = async (version: string): Promise<object[]> => {
    const { items } = (await world.cluster.client.get(objectPath(version))) as { items: Record<string, unknown>[] };
    return items.map(({ hostPort, host, port }) => ({ hostPort, host, port }));
  };
  const conversionOf = async () =>
    (
      (await world.cluster.client.get(definitionPath)) as {
        spec: { conversion: { strategy: string; webhook?: unknown } };
      }
    ).spec.conversion;

  test("T1 v1 alone, with objects", async () => {
    await stack.up(program("v1", {}, null));
    await createObjects(world.cluster.client, 20);
  });

  test("T2 preview plans the webhook and the whole rollout, and makes nothing", async () => {
    const { operations, messages } = await stack.preview(program("v1-v2"));
    expect(operations).toMatchObject({
      [name]: "create",
      [`${name}-authority`]: "create",
      [`${name}-tls`]: "create",
      "selfies-serve": "update",
      "selfies-migrate": "update",
    });
    expect(messages.join("\n")).toContain("(none) → v2: add, served; storage stays v1");
    expect(pods.pods(name)).toEqual([]);
    expect(await conversionOf()).toMatchObject({ strategy: "None" });
  });

  test("T3 up: two pods are ready before the CRD names them, and every object is moved through them", async () => {
    const { messages } = await stack.up(program("v1-v2"));
    expect(messages.join("\n")).toMatch(/20 proven on/);
    expect(pods.pods(name).map(({ ready }) => ready)).toEqual([true, true]);
    expect(await served("v2")).toEqual(Array(20).fill({ host: "host", port: "8080" }));
    expect(await served("v1")).toEqual(Array(20).fill({ hostPort: "host:8080" }));
    expect(new Set(Object.values(await world.stored(resource.group, resource.plural)))).toEqual(
      new Set(["stable.example.com/v2"]),
    );
    expect((await stack.preview(program("v1-v2"))).operations).toEqual(
      expect.not.objectContaining({ [name]: "update", "selfies-serve": "update" }),
    );
  });

  test("T4 a changed conversion rolls out while a client reads through it, and no read fails", async () => {
    fs.writeFileSync(file, source('[hostPort, "443"]'));
    const old = pods.pods(name).map((pod) => pod.name);
    let isOver = false;
    const failures: string[] = [];
    let reads = 0;
    const reading = (async () => {
      while (!isOver) {
        reads++;
        await world.cluster.client.get(objectPath("v1", "old-1")).catch((error: Error) => failures.push(error.message));
      }
    })();
    const { operations } = await stack.up(program("v1-v2"));
    isOver = true;
    await reading;
    expect(operations[name]).toBe("delete-replaced"); // the ConfigMap of the old one, last of all
    expect(failures).toEqual([]);
    expect(reads).toBeGreaterThan(20);
    expect(
      pods
        .pods(name)
        .map((pod) => pod.name)
        .filter((each) => old.includes(each)),
    ).toEqual([]);
    expect(pods.pods(name)).toHaveLength(2);
  });

  test("T5 a pod that is killed is replaced, and objects are read meanwhile", async () => {
    pods.pods(name)[0]?.kill();
    for (let tries = 0; tries < 20; tries++) expect(await served("v1")).toHaveLength(20);
  });

  test("T6 on the way out the CRD lets go first: v1 is dropped, conversion None, then the webhook goes", async () => {
    const { operations } = await stack.up(program("v2", {}, null));
    expect(operations).toMatchObject({ "selfies-drop": "update", [name]: "delete" });
    expect(await conversionOf()).toEqual({ strategy: "None" });
    expect(await served("v2")).toHaveLength(20);
    expect(pods.pods(name)).toEqual([]);
  });
});
