import * as fs from "fs";
import * as path from "path";
import { setTimeout as sleep } from "timers/promises";
import { rightsForPreview } from "../../components";
import { Cluster } from "../../components/kubernetes/cluster";
import { withLock } from "../../components/kubernetes/lock";
import { makeAuthority } from "../../local/certificates";
import { startWorld, type TestStack, type World } from "./harness";
import { convert } from "./looseWebhook";
import { crd, createObject, createObjects, definitionPath, group, manifest, plural, resource } from "./selfies";

jest.setTimeout(300_000);

const definitions = path.dirname(definitionPath);

/** Every case here asserts two things: what the error says, and that nothing changed. */
describe("on a bad day the rollout stops, says what it found, and changes nothing", () => {
  let world: World;
  let stack: TestStack;
  let before: string;

  const definition = async (): Promise<string> => {
    const { metadata, spec, status } = await world.cluster.client.get(definitionPath);
    return JSON.stringify([metadata.generation, spec, status.storedVersions]);
  };
  const nothingChanged = async (): Promise<void> => expect(await definition()).toBe(before);

  beforeAll(async () => {
    world = await startWorld([resource, { group, plural: "lamps" }]);
    stack = await world.stack("bad-days");
    await stack.up({ file: manifest("v1") });
    await createObjects(world.cluster.client, 12);
    before = await definition();
  });
  afterAll(() => world.end());

  describe("the cluster", () => {
    test("an unreachable one is an error within seconds that names the server", async () => {
      const kubeconfig = fs.readFileSync(world.kubeconfig, "utf8").replace(world.cluster.server, "https://127.0.0.1:1");
      const file = path.join(path.dirname(world.kubeconfig), "unreachable");
      fs.writeFileSync(file, kubeconfig, { mode: 0o600 });
      const message = await stack.refused(stack.preview({ file: manifest("v1"), kubeconfig: file }));
      expect(message).toMatch(/https:\/\/127\.0\.0\.1:1.*ECONNREFUSED/s);
    });

    test("a context that is not in the kubeconfig is named, with those that are", async () => {
      const message = await stack.refused(stack.preview({ file: manifest("v1"), context: "production" }));
      expect(message).toMatch(
        /no context production in kubeconfig \S+\n +expected: one of its contexts: local\n +next: +set `context` to one of them/,
      );
    });

    test("a right that is missing is named by verb and resource", async () => {
      const weak = await world.cluster.userKubeconfig("weak", [
        { apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"], verbs: ["list"] },
      ] as never);
      const message = await stack.refused(stack.preview({ file: manifest("v1"), kubeconfig: weak }));
      expect(message).toMatch(/get.*customresourcedefinitions/s);
    });

    test("preview needs only the read rights that the README lists", async () => {
      const reader = await world.cluster.userKubeconfig("reader", rightsForPreview([resource]));
      const webhook = await world.webhook();
      const args = { file: manifest("v1-v2"), conversion: { url: webhook.url, caBundle: webhook.caBundle } };
      const run = await stack.preview({ ...args, kubeconfig: reader });
      expect(Object.keys(run.plans).sort()).toEqual(["migrate", "rehearse", "serve", "store"]);
    });
    afterEach(nothingChanged);
  });

  describe("the webhook, asked at preview", () => {
    const previewWith = (conversion: { url: string; caBundle: string }): Promise<string> =>
      stack.refused(stack.preview({ file: manifest("v1-v2"), conversion }));

    test("down: the url and the reason are named", async () => {
      const webhook = await world.webhook();
      await webhook.close();
      expect(await previewWith(webhook)).toMatch(new RegExp(`${webhook.url}.*ECONNREFUSED`, "s"));
    });

    test("a certificate of another CA: said so", async () => {
      const webhook = await world.webhook();
      const other = await makeAuthority("somebody else");
      expect(await previewWith({ url: webhook.url, caBundle: other.cert })).toMatch(/certificate|caBundle/);
    });

    test("a caBundle that holds no certificate is refused: the API server would establish no such CRD", async () => {
      const webhook = await world.webhook();
      const caBundle = Buffer.from("hello").toString("base64");
      expect(await previewWith({ url: webhook.url, caBundle })).toMatch(/caBundle holds no certificate \(5 bytes/);

      const { spec } = await world.cluster.client.get(definitionPath);
      const names = { kind: "Bundle", plural: "bundles" };
      const clientConfig = { url: webhook.url, caBundle };
      const conversion = { strategy: "Webhook", webhook: { clientConfig, conversionReviewVersions: ["v1"] } };
      const all = path.dirname(definitionPath);
      const metadata = { name: `bundles.${group}` };
      await world.cluster.client.post(all, {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata,
        spec: { ...spec, names, conversion },
      });
      const reason = async (): Promise<string> => {
        const { status } = await world.cluster.client.get(`${all}/${metadata.name}`);
        const conditions = (status?.conditions ?? []) as { type: string; reason: string }[];
        return conditions.find(({ type }) => type === "Established")?.reason ?? "";
      };
      for (let waited = 0; (await reason()) !== "InvalidCABundle" && waited < 100; waited++) await sleep(100);
      expect(await reason()).toBe("InvalidCABundle");
      await world.cluster.client.delete(`${all}/${metadata.name}`);
    });

    test("too slow: the time allowed is named", async () => {
      const webhook = await world.webhook({
        convert: async (object, to) => {
          await new Promise((resolve) => setTimeout(resolve, 40_000).unref());
          return convert(object, to);
        },
      });
      expect(await previewWith(webhook)).toMatch(/gave no answer within 10 s\s+expected: +a few milliseconds/);
    });

    test("an answer in the wrong version: what came back and what was expected", async () => {
      const webhook = await world.webhook({ convert: (object) => object });
      const message = await previewWith(webhook);
      expect(message).toMatch(/stable\.example\.com\/v1/);
      expect(message).toMatch(/stable\.example\.com\/v2/);
    });

    test("it does not know a version that goes, which is served until drop: that version and an object are named", async () => {
      const manifestOf = (...names: string[]) => ({
        apiVersion: "apiextensions.k8s.io/v1" as const,
        kind: "CustomResourceDefinition" as const,
        metadata: { name: `lamps.${group}` },
        spec: {
          group,
          scope: "Namespaced",
          names: { plural: "lamps", singular: "lamp", kind: "Lamp", listKind: "LampList" },
          versions: names.map((name) => ({
            name,
            served: true,
            storage: name === names.at(-1),
            schema: { openAPIV3Schema: { type: "object", properties: { host: { type: "string" } } } },
          })),
        },
      });
      const lamps = await world.stack("lamps");
      await lamps.up({ crd: manifestOf("v1", "v2") });
      const lamp = { apiVersion: `${group}/v2`, kind: "Lamp", metadata: { name: "desk" }, host: "h" };
      await world.cluster.client.post(`/apis/${group}/v2/namespaces/default/lamps`, lamp);
      const conversion = await world.webhook({
        convert: (object, to) => {
          if (to.endsWith("/v1")) throw new Error(`no conversion to ${to}`);
          return { ...object, apiVersion: to };
        },
      });
      const message = await lamps.refused(lamps.preview({ crd: manifestOf("v2", "v3"), conversion }));
      expect(message).toMatch(
        /the new webhook does not convert default\/desk to v1: .*no conversion to \S+\/v1\n +expected: .*\n +why: .*\n +next: +drop v1 first/,
      );
      expect(await lamps.refused(lamps.up({ crd: manifestOf("v2", "v3"), conversion }))).toMatch(/drop v1 first/);
      const { spec } = await world.cluster.client.get(`${definitions}/lamps.${group}`);
      expect(spec.conversion.strategy).toBe("None");
    });
    afterEach(nothingChanged);
  });

  describe("the manifest", () => {
    test("conversion None is refused where the new schema would prune a field", async () => {
      const message = await stack.refused(stack.preview({ file: manifest("v1-v2") }));
      expect(message).toMatch(/\.hostPort/);
      expect(message).toMatch(/conversion webhook/);
      await nothingChanged();
    });
  });

  test("another rollout of the same CRD holds the lock: it is named, and ours does not start", async () => {
    const webhook = await world.webhook();
    const admin = await Cluster.connect({ kubeconfig: world.cluster.kubeconfig });
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const other = withLock(
      admin,
      crd,
      "store of somebody else's stack",
      () => undefined,
      () => held,
    );
    try {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const args = { file: manifest("v1-v2"), conversion: { url: webhook.url, caBundle: webhook.caBundle } };
      const message = await stack.refused(stack.up(args));
      expect(message).toMatch(/store of somebody else's stack/);
      await nothingChanged();
    } finally {
      release();
      await other;
      admin.close();
    }
  });

  test("one object among ten thousand that the conversion rejects is listed before anything is flipped", async () => {
    const { client } = world.cluster;
    await createObjects(client, 10_000, 12);
    for (let index = 0; index < 12; index++) await createObject(client, `bad-${index}`, "no colon in here");
    const webhook = await world.webhook({
      convert: (object, to) => {
        if (object["hostPort"] === "no colon in here") throw new Error("hostPort is no HOST:PORT");
        return convert(object, to);
      },
    });
    const args = { file: manifest("v1-v2"), conversion: { url: webhook.url, caBundle: webhook.caBundle } };
    const message = await stack.refused(stack.up(args));
    expect(message).toMatch(/12 of 10012 objects would fail/);
    expect(message.match(/default\/bad-\d+: /g)?.length).toBeGreaterThanOrEqual(10);
    expect(message).toMatch(/… and 2 more/);
    const live = await client.get(definitionPath);
    expect(live.status.storedVersions).toEqual(["v1"]);
    expect(live.spec.versions.find(({ name }: { name: string }) => name === "v1").storage).toBe(true);
    expect(new Set(Object.values(await world.stored(group, plural)))).toEqual(new Set([`${group}/v1`]));
  }, 600_000);
});
