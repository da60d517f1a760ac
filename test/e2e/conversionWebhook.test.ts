import * as fs from "fs";
import * as path from "path";
import {
  type Acknowledgement,
  ConversionWebhook,
  rightsForConversionWebhook,
  rightsForDrop,
  rightsForOwnAuthority,
  rightsForUp,
  VersionedCRD,
  type ConversionWebhookArgs,
  type PolicyRule,
  type VersionedCRDArgs,
} from "../../components";
import { checkout } from "../../local/checkout";
import { PodRunner } from "../../local/pods/runner";
import { REQUEST_TIMEOUT_SECONDS } from "../../local/toolchain/kubernetesPlugin";
import { startWorld, type World } from "./harness";
import { ProgramStack } from "./programs";
import { createObjects, definitionPath, manifest, objectPath, resource } from "./selfies";

jest.setTimeout(300_000);

const name = "selfies-conversion";
const backups = { group: "storage.example.com", plural: "backups" };
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
  let folder: string;
  let kubeconfig: string;
  let grant: (more?: PolicyRule[]) => Promise<string>;

  beforeAll(async () => {
    pods = new PodRunner("default");
    world = await startWorld([resource], await pods.options());
    const rights = [name, "backups-conversion"].flatMap((name) =>
      rightsForConversionWebhook({ namespace: "default", name }),
    );
    const all = [...rightsForUp([resource, backups]), ...rights, ...rightsForOwnAuthority()];
    // A drop may list everything: without that a missing right is noticed.
    grant = (more = []) => world.cluster.userKubeconfig("webhooks", [...all, ...more]);
    kubeconfig = await grant();
    await pods.start(world.cluster.client);
    folder = path.dirname(world.kubeconfig);
    stack = await ProgramStack.create(folder, "webhook", kubeconfig);
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
        requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS,
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
    let readyWhenNamed: boolean[] | undefined;
    const watching = until(async () => {
      const isNamed = (await conversionOf()).strategy === "Webhook";
      if (isNamed) readyWhenNamed = pods.pods(name).map(({ ready }) => ready);
      return isNamed;
    });
    const { messages } = await stack.up(program("v1-v2"));
    await watching;
    expect(readyWhenNamed).toEqual([true, true]);
    expect(messages.join("\n")).toMatch(/20 proven on/);
    expect(await served("v2")).toEqual(Array(20).fill({ host: "host", port: "8080" }));
    expect(await served("v1")).toEqual(Array(20).fill({ hostPort: "host:8080" }));
    expect(new Set(Object.values(await world.stored(resource.group, resource.plural)))).toEqual(
      new Set(["stable.example.com/v2"]),
    );
    const { operations } = await stack.preview(program("v1-v2"));
    expect(Object.keys(operations)).toEqual(expect.arrayContaining([name, "selfies-serve", "selfies-drop"]));
    expect(new Set(Object.values(operations))).toEqual(new Set(["same"]));
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
    await until(() => pods.pods(name).length === 2);
    expect(pods.pods(name).filter((pod) => old.includes(pod.name))).toEqual([]);
  });

  test("T5 a pod whose process is killed and one that is evicted: objects are read meanwhile, the budget lets only one go", async () => {
    const [first, second] = pods.pods(name);
    const core = "/api/v1/namespaces/default/pods";
    const budget = async (): Promise<{ currentHealthy: number; desiredHealthy: number; disruptionsAllowed: number }> =>
      (await world.cluster.client.get(`/apis/policy/v1/namespaces/default/poddisruptionbudgets/${name}`)).status;
    const isWhole = async (): Promise<boolean> => (await budget()).disruptionsAllowed === 1;
    const evict = (pod?: { name: string }): Promise<{ status: number }> => {
      const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: pod?.name } };
      return world.cluster.client.send("POST", `${core}/${pod?.name}/eviction`, body);
    };
    await until(isWhole);
    expect(await budget()).toMatchObject({ currentHealthy: 2, desiredHealthy: 1 });

    first?.kill();
    for (let tries = 0; tries < 20; tries++) expect(await served("v1")).toHaveLength(20);
    await until(() => first?.restarts === 1 && first.ready);
    await until(isWhole);
    expect((await evict(first)).status).toBe(201);
    expect((await evict(second)).status).toBe(429);
    for (let tries = 0; tries < 20; tries++) expect(await served("v1")).toHaveLength(20);
    const ready = (): (string | undefined)[] => pods.pods(name).flatMap((pod) => (pod.ready ? [pod.name] : []));
    await until(() => ready().length === 2 && !ready().includes(first?.name));
    expect(ready()).toContain(second?.name);
  });

  test("T6 on the way out the CRD lets go first: v1 is dropped, conversion None, then the webhook goes", async () => {
    await grant(rightsForDrop());
    const { operations } = await stack.up(program("v2", {}, null));
    expect(operations).toMatchObject({ "selfies-drop": "update", [name]: "delete" });
    expect(await conversionOf()).toEqual({ strategy: "None" });
    expect(await served("v2")).toHaveLength(20);
    await until(() => pods.pods(name).length === 0);
  });

  describe("examples/backups: three versions in a chain", () => {
    const at = (version: string, name = ""): string =>
      `/apis/${backups.group}/${version}/namespaces/default/${backups.plural}${name && `/${name}`}`;
    const object = (version: string, name: string, spec: object): object => ({
      apiVersion: `${backups.group}/${version}`,
      kind: "Backup",
      metadata: { name },
      spec,
    });
    const read = async (version: string, name: string): Promise<Record<string, unknown>> =>
      ((await world.cluster.client.get(at(version, name))) as { spec: Record<string, unknown> }).spec;
    const rollout =
      (file: string, more: Partial<VersionedCRDArgs> = {}, isConverted = true) =>
      (): void => {
        const conversion = checkout("examples", "backups", "conversion.ts");
        new VersionedCRD("backups", {
          file: checkout("examples", "backups", file),
          requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS,
          migrator: "direct",
          ...more,
          ...(isConverted && { conversion: new ConversionWebhook("backups-conversion", { conversion }) }),
        });
      };
    const first = {
      schedule: "CRON_TZ=Europe/Berlin 0 3 * * *",
      target: { bucket: "near", prefix: "shop/" },
      paths: ["/data"],
      retention: "Weekly",
      hooks: [{ name: "freeze", run: "fsfreeze -f /data" }],
    };
    const last = {
      cron: "0 3 * * *",
      timeZone: "Europe/Berlin",
      targets: [{ bucket: "near", path: "shop/" }],
      include: ["/data"],
      retention: "Weekly",
      hooks: [{ name: "freeze", command: ["sh", "-c", "fsfreeze -f /data"] }],
    };
    let chain: ProgramStack;
    const stored = async () => [...new Set(Object.values(await world.stored(backups.group, backups.plural)))];

    beforeAll(async () => {
      await grant();
      chain = await ProgramStack.create(folder, "backups", kubeconfig, "backups");
    });

    test("T7 v1alpha1 alone, with objects of several owners", async () => {
      await chain.up(rollout("v1alpha1.yaml", {}, false));
      const { client } = world.cluster;
      for (const name of ["a", "b", "c"]) await client.post(at("v1alpha1"), object("v1alpha1", name, first));
      await client.apply(at("v1alpha1", "c"), object("v1alpha1", "c", { retention: "Weekly" }), "keeper");
    });

    test("T8 held at serve: an edit through v1alpha1 that outdates what is kept there is told by the rehearsal, with the cure", async () => {
      await chain.up(rollout("v1alpha1-v1.yaml", { stopAfter: "serve" }));
      const { client } = world.cluster;
      await client.post(at("v1"), object("v1", "d", { ...last, retention: "Forever" }));
      await client.mergePatch(at("v1alpha1", "d"), { spec: { retention: "Daily" } });
      expect(await stored()).toEqual(["storage.example.com/v1alpha1"]);
      expect(await chain.refused(chain.up(rollout("v1alpha1-v1.yaml")))).toMatch(
        /1 of 4 objects would fail.*default\/d: .*kubectl label backups\.v1\.storage\.example\.com/s,
      );
      await client.mergePatch(at("v1", "d"), { metadata: { labels: { settled: "yes" } } });
    });

    test("T9 the newest goes into storage: every object takes both steps", async () => {
      const { messages } = await chain.up(rollout("v1alpha1-v1.yaml"));
      expect(messages.join("\n")).toMatch(/4 proven on/);
      expect(await stored()).toEqual(["storage.example.com/v1"]);
      for (const name of ["a", "b", "c"]) {
        expect(await read("v1", name)).toEqual(last);
        expect(await read("v1alpha1", name)).toEqual(first);
      }
      expect(await read("v1", "d")).toEqual({ ...last, retention: "Daily" });
    });

    test("T10 what v1alpha1 cannot show outlives its clients' merge patches, updates and applied parts", async () => {
      const { client } = world.cluster;
      const rich = {
        ...last,
        retention: "Forever",
        targets: [...last.targets, { bucket: "far", path: "shop/", region: "eu-north-1" }],
        hooks: [{ name: "freeze", command: ["/bin/freeze", "/my data"], timeoutSeconds: 30 }],
      };
      await client.mergePatch(at("v1", "a"), { spec: rich });
      expect(await read("v1alpha1", "a")).toMatchObject({ target: first.target, retention: "Weekly" });
      await client.mergePatch(at("v1alpha1", "a"), { spec: { paths: ["/data", "/etc"] } });
      await client.put(at("v1alpha1", "a"), await client.get(at("v1alpha1", "a")));
      await client.apply(
        at("v1beta1", "a"),
        object("v1beta1", "a", { schedule: "0 4 * * *" }),
        "night-shift&force=true",
      );
      const { timeZone: _, ...rest } = rich;
      expect(await read("v1", "a")).toEqual({ ...rest, cron: "0 4 * * *", include: ["/data", "/etc"] });
    });

    test("T11 both older versions leave in one `up`, and their webhook after them", async () => {
      await grant(rightsForDrop());
      const acknowledge = ["v1alpha1", "v1beta1"].map((path): Acknowledgement => ({
        check: "version-in-use",
        path,
        reason: "the clients of T10",
      }));
      const { operations } = await chain.up(rollout("v1.yaml", { acknowledge }, false));
      expect(operations).toMatchObject({ "backups-drop": "update", "backups-conversion": "delete" });
      expect(await stored()).toEqual(["storage.example.com/v1"]);
      expect(await read("v1", "b")).toEqual(last);
      const applied = object("v1", "c", { retention: "Daily" });
      await world.cluster.client.apply(at("v1", "c"), applied, "keeper&force=true");
      expect(await read("v1", "c")).toEqual({ ...last, retention: "Daily" });
      await until(() => pods.pods("backups-conversion").length === 0);
    });
  });
});

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 100));
}
