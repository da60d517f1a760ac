import { request } from "node:https";
import type { VersionedCRDArgs } from "../../components";
import { crdOf, MERGE, startLossWorld, type Attempt, type LossWorld } from "./lossWorld";
import type { TestStack } from "./harness";

jest.setTimeout(300_000);

const WARNING = "stable.example.com/v1 Comet goes away in May; use v2";

/** A version's last months: deprecated, not served for a while, served once more, gone; its webhook's caBundle is an injector's. */
describe("a version leaves slowly, through a webhook whose caBundle somebody else injected", () => {
  let world: LossWorld;
  let stack: TestStack;
  let comets: Attempt;
  let url: string;
  let injected: string;

  beforeAll(async () => {
    world = await startLossWorld(["comets"]);
    comets = world.attempt("comets");
    stack = await world.stack("comets");
  });
  afterAll(() => world.end());

  /** v1 and v2, with something more said of v1; the program itself names no caBundle but the placeholder of a scaffold. */
  const both = (v1: object, more: Partial<VersionedCRDArgs> = {}): VersionedCRDArgs => {
    const crd = crdOf("comets", ["v1", "v2"], {}, { v1 });
    const { spec, ...rest } = crd as { spec?: object };
    const webhook = { clientConfig: { url, caBundle: "Cg==" }, conversionReviewVersions: ["v1"] };
    const conversion = { strategy: "Webhook", webhook };
    const own = { ...rest, spec: { ...spec, conversion } } as typeof crd;
    return { crd: more.conversion === undefined ? own : crd, migrator: "direct", ...more };
  };
  const caBundle = async (): Promise<unknown> =>
    (await comets.definition()).spec.conversion.webhook.clientConfig.caBundle as unknown;
  const storage = async (): Promise<unknown> =>
    (await comets.definition()).spec.versions.find((each: { storage: boolean }) => each.storage).name as unknown;
  const discovered = async (): Promise<string[]> =>
    (await world.client.get("/apis/stable.example.com")).versions.map(({ version }: { version: string }) => version);

  /** What kubectl prints as `Warning: …`. */
  const warnings = (version: string): Promise<string | undefined> => {
    const { server, ca, token } = world.client.endpoint;
    return new Promise((resolve, reject) => {
      const headers = { Authorization: `Bearer ${token}` };
      const outgoing = request(server + comets.path(version), { ca, headers }, (response) => {
        response.resume().once("end", () => resolve(response.headers["warning"]));
      });
      outgoing.once("error", reject).end();
    });
  };

  test("T1 held at serve, an injector writes another caBundle, and the program names none from now on", async () => {
    await stack.up(comets.args(["v1"]));
    await comets.createMany(3);
    const webhook = await world.webhook();
    ({ url } = webhook);
    await stack.up(both({}, { conversion: { url, caBundle: webhook.caBundle }, stopAfter: "serve" }));
    injected = Buffer.from(`${webhook.caBundle}\n${webhook.caBundle}`).toString("base64");
    const spec = { conversion: { webhook: { clientConfig: { caBundle: injected } } } };
    const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/comets.stable.example.com";
    await world.client.send("PATCH", `${path}?fieldManager=cert-manager-cainjector`, { spec }, MERGE);
    expect(await caBundle()).toBe(injected);
  });

  test("T2 serve deprecates v1 and leaves the caBundle; a client of v1 is warned in these words, one of v2 is not", async () => {
    expect(await warnings("v1")).toBeUndefined();
    const deprecated = both({ deprecated: true, deprecationWarning: WARNING }, { stopAfter: "serve" });
    const { plans } = await stack.up(deprecated);
    expect(plans["serve"]).toEqual(["v1: change deprecated, deprecationWarning"]);
    expect([await caBundle(), await storage()]).toEqual([injected, "v1"]);
    expect(await warnings("v1")).toBe(`299 - "${WARNING}"`);
    expect(await warnings("v2")).toBeUndefined();
  });

  test("T3 store and migrate leave the caBundle, the deprecation and its default words", async () => {
    await stack.up(both({ deprecated: true }, { stopAfter: "migrate" }));
    expect([await caBundle(), await storage(), await comets.storedVersions()]).toEqual([injected, "v2", ["v2"]]);
    expect(await warnings("v1")).toMatch(/^299 - "stable\.example\.com\/v1 Comet is deprecated; use .*\/v2 Comet"$/);
    expect(await comets.items("v2")).toHaveLength(3); // through the webhook, under the injector's caBundle
  });

  test("T4 kept at served: false v1 answers nobody, and it stays in the definition", async () => {
    const soak = both({ deprecated: true, served: false });
    const run = await stack.up(soak);
    expect(run.plans["serve"]).toEqual(["v1: served true → false"]);
    expect(await discovered()).toEqual(["v2"]);
    expect((await world.client.send("GET", comets.path("v1"))).status).toBe(404);
    expect(await comets.versions()).toEqual(["v1", "v2"]);
    expect(new Set(Object.values((await stack.preview(soak)).operations))).toEqual(new Set(["same"]));
  });

  test("T5 somebody still needed it: served again, its objects are there as they were", async () => {
    const { plans } = await stack.up(both({ deprecated: true }));
    expect(plans["serve"]).toEqual(["v1: served false → true"]);
    const items = (await comets.items("v1")) as unknown as { hostPort: string }[];
    expect(items.map(({ hostPort }) => hostPort).sort()).toEqual(["host-0:80", "host-1:80", "host-2:80"]);
    expect(await caBundle()).toBe(injected);
  });

  test("T6 dropped in the end, with the webhook and the injected caBundle", async () => {
    await stack.up(both({ served: false }));
    await stack.up({ crd: crdOf("comets", ["v2"]), migrator: "direct" });
    expect([await comets.versions(), await comets.stored()]).toEqual([["v2"], ["stable.example.com/v2"]]);
    expect((await comets.definition()).spec.conversion).toEqual({ strategy: "None" });
    expect(await comets.items("v2")).toHaveLength(3);
  });
});
