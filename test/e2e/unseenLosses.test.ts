import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { VersionedCRDArgs } from "../../components";
import { parseExact, stringifyExact } from "../../components/conversion/exactJson";
import { DEFINITIONS_PATH } from "../../components/crd/definition";
import { rightsForMigration } from "../../components/kubernetes/rights/migrationRights";
import { makeAuthority, makeServerCertificate } from "../../local/certificates";
import { readEtcd } from "../../local/cluster/etcd";
import { type AnyObject, convert, type Convert } from "./looseWebhook";
import { type Attempt, crdOf, group, type LossWorld, MERGE, pause, settled, startLossWorld } from "./lossWorld";
import { startBin } from "./othersCrds";
import { slowBeforeStore } from "./slowRollout";

jest.setTimeout(300_000);

const text = { type: "string" };
const OBJECTS = 4;

let world: LossWorld;
beforeAll(async () => {
  world = await startLossWorld([
    "helds",
    "adopteds",
    "commands",
    "narrows",
    "thirds",
    "nulls",
    "embeds",
    "marks",
    "seconds",
  ]);
});
afterAll(() => world.end());

const losesPort: Convert = (object, to) => ({ ...convert(object, to), port: undefined });

/** A webhook that is right until it is told to lose the port. */
async function webhookThatTurns() {
  let isLossy = false;
  const webhook = await world.webhook({
    convert: (object, to) => (isLossy ? losesPort(object, to) : convert(object, to)),
  });
  return { ...webhook, turn: () => void (isLossy = true) };
}

const ports = async (attempt: Attempt): Promise<number> => (await attempt.bytes()).match(/80"/g)?.length ?? 0;

function byWebhook({ url, caBundle }: { url: string; caBundle: string }): object {
  const clientConfig = { url, caBundle: Buffer.from(caBundle).toString("base64") };
  return { strategy: "Webhook", webhook: { clientConfig, conversionReviewVersions: ["v1"] } };
}

/** Made by somebody else: objects in v1, which is not served any more, and storage v2 behind a webhook. */
async function definedByOthers(attempt: Attempt, webhook: { url: string; caBundle: string }): Promise<void> {
  await world.client.post(DEFINITIONS_PATH, crdOf(attempt.plural, ["v1"]));
  while ((await world.client.send("GET", attempt.path("v1"))).status !== 200) await pause(100);
  await attempt.createMany(OBJECTS);
  const { spec } = crdOf(attempt.plural, ["v1", "v2"], {}, { v1: { served: false } }) as { spec?: object };
  await attempt.editDefinition({ spec: { ...spec, conversion: byWebhook(webhook) } });
  await pause(2_000); // until the handlers have followed
}

/** status.storedVersions as a StorageVersionMigration that failed leaves it. */
function pruneStoredVersions(plural: string): Promise<unknown> {
  const path = `${DEFINITIONS_PATH}/${plural}.${group}/status`;
  return world.client.send("PATCH", path, { status: { storedVersions: ["v2"] } }, MERGE);
}

describe("objects in a version that is not served, through a webhook", () => {
  test("T1 v1 is unserved while the rollout is held at store, and the webhook begins to lose a field: no object loses it", async () => {
    const attempt = world.attempt("helds");
    const stack = await world.stack("helds");
    const conversion = await webhookThatTurns();
    await stack.up(attempt.args(["v1"]));
    await attempt.createMany(OBJECTS);
    await stack.up(attempt.args(["v1", "v2"], { conversion, stopAfter: "store" }));
    conversion.turn();
    const crd = crdOf("helds", ["v1", "v2"], {}, { v1: { served: false } });
    const outcome = await settled(stack.up(attempt.args(["v1", "v2"], { crd, conversion })));
    expect(await ports(attempt)).toBe(OBJECTS);
    expect(outcome).toMatch(/v1 is served: false but objects may be stored in it/);
  });

  test("T2 a CRD of somebody else's, unserved and never migrated, is taken over: no object loses a field", async () => {
    const attempt = world.attempt("adopteds");
    const stack = await world.stack("adopteds");
    const conversion = await webhookThatTurns();
    await definedByOthers(attempt, conversion);
    conversion.turn();
    const outcome = await settled(stack.up(attempt.args(["v2"], { conversion, takeOverFrom: ["unknown"] })));
    expect(await ports(attempt)).toBe(OBJECTS);
    expect(outcome).toMatch(
      /objects may be stored in v1, which is not served.*next: +have v1 in the manifest with served: true/s,
    );
  });

  test("T3 the command refuses to convert what nobody has seen, as it does with conversion None", async () => {
    const attempt = world.attempt("commands");
    const conversion = await webhookThatTurns();
    await definedByOthers(attempt, conversion);
    conversion.turn();
    const crd = `commands.${group}`;
    const kubeconfig = await world.cluster.userKubeconfig("day-shift", rightsForMigration([crd]));
    const flags = ["--yes", "--migrator", "direct", "--request-timeout-seconds", "3"];
    const { code, err } = await startBin(kubeconfig, "migrate", crd, ...flags).ended;
    expect(await ports(attempt)).toBe(OBJECTS);
    expect(code).not.toBe(0);
    expect(err).toMatch(/objects may be stored in v1, which is not served, and a webhook converts them to v2/);
  });
});

describe("storedVersions names v2 alone, and objects are in v1", () => {
  test("T4 v1's schema is not narrowed while objects are stored in it, whatever is acknowledged for its clients", async () => {
    const attempt = world.attempt("narrows");
    const stack = await world.stack("narrows");
    const both = { v1: { hostPort: text, note: text }, v2: { hostPort: text, note: text } } as never;
    await stack.up({ crd: crdOf("narrows", ["v1"], both), migrator: "direct" });
    for (const name of ["a", "b", "c"])
      await world.client.post(attempt.path("v1"), attempt.object("v1", name, { hostPort: "h:1", note: "n" }));
    await stack.up({ crd: crdOf("narrows", ["v1", "v2"], both), migrator: "direct", stopAfter: "store" });
    await pruneStoredVersions("narrows");
    const narrow = { ...(both as object), v1: { hostPort: text } } as never;
    const acknowledge = [{ check: "field-removed", path: "v1.note", reason: "no client of v1 sets it" }];
    const crd = crdOf("narrows", ["v1", "v2"], narrow);
    const outcome = await settled(stack.up({ crd, migrator: "direct", acknowledge }));
    expect((await attempt.bytes()).match(/"note":"n"/g)).toHaveLength(3);
    expect(outcome).toMatch(/the schema in which objects are stored loses v1\.note/);
  });

  test("T5 on the way to v3 they are rehearsed from v1 as well: a field that the webhook loses of v1 is named", async () => {
    const plural = "thirds";
    let isLossy = false;
    const { url, caBundle } = await world.webhook({
      convert: (object, apiVersion) => {
        const note = isLossy && object.apiVersion === `${group}/v1` ? undefined : object["note"];
        return { ...object, note, apiVersion };
      },
    });
    const definition = (names: string[]): VersionedCRDArgs["crd"] & object => {
      const openAPIV3Schema = { type: "object", properties: { note: text } };
      const versions = names.map((name) => ({
        name,
        served: true,
        storage: name === names.at(-1),
        schema: { openAPIV3Schema },
      }));
      const spec = { group, scope: "Namespaced", names: { plural, kind: "Third" }, versions };
      return { metadata: { name: `${plural}.${group}` }, spec };
    };
    const stack = await world.stack(plural);
    const attempt = world.attempt(plural);
    const more = { conversion: { url, caBundle }, migrator: "direct" } as const;
    await stack.up({ crd: definition(["v1"]), migrator: "direct" });
    for (const name of ["a", "b", "c"])
      await world.client.post(attempt.path("v1"), attempt.object("v1", name, { note: "n" }));
    await stack.up({ ...more, crd: definition(["v1", "v2"]), stopAfter: "store" });
    await pruneStoredVersions(plural);
    isLossy = true;
    const outcome = await settled(stack.up({ ...more, crd: definition(["v1", "v2", "v3"]) }));
    expect((await attempt.bytes()).match(/"note":"n"/g)).toHaveLength(3);
    expect(outcome).toMatch(/rehearsal v1 → v3: .*note/s);
  });
});

describe("conversion None, an object written between the rehearsal and the flip", () => {
  test("T6 null where v2 has a default and no null: it does not become the default", async () => {
    const attempt = world.attempt("nulls");
    const stack = await world.stack("nulls");
    const schemas = {
      v1: { mode: { ...text, nullable: true } },
      v2: { mode: { ...text, default: "delete" } },
    } as never;
    await stack.up({ crd: crdOf("nulls", ["v1"], schemas), migrator: "direct" });
    await world.client.post(attempt.path("v1"), attempt.object("v1", "early", { mode: "keep" }));
    const late = attempt
      .rehearsed()
      .then(() => world.client.post(attempt.path("v1"), attempt.object("v1", "late", { mode: null })));
    const crd = crdOf("nulls", ["v1", "v2"], schemas);
    const outcome = await settled(stack.up({ crd, migrator: "direct", before: slowBeforeStore }));
    await late;
    expect(await attempt.bytes()).not.toMatch(/"mode":"delete"/);
    expect(outcome).toMatch(/late: .*mode/s);
  });

  test("T7 metadata of an embedded resource that the API server prunes: it is kept", async () => {
    const attempt = world.attempt("embeds");
    const stack = await world.stack("embeds");
    const keep = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
    const schemas = {
      v1: { template: keep },
      v2: { template: { ...keep, "x-kubernetes-embedded-resource": true } },
    } as never;
    await stack.up({ crd: crdOf("embeds", ["v1"], schemas), migrator: "direct" });
    await world.client.post(attempt.path("v1"), attempt.object("v1", "early", {}));
    const template = { apiVersion: "v1", kind: "Pod", metadata: { name: "x", cluster: "east" } };
    const late = attempt
      .rehearsed()
      .then(() => world.client.post(attempt.path("v1"), attempt.object("v1", "late", { template })));
    const crd = crdOf("embeds", ["v1", "v2"], schemas);
    const outcome = await settled(stack.up({ crd, migrator: "direct", before: slowBeforeStore }));
    await late;
    expect(await attempt.bytes()).toMatch(/"cluster":"east"/);
    expect(outcome).toMatch(/late: .*cluster/s);
  });
});

describe("values that nobody expects, through a webhook that keeps them all", () => {
  let server: Server;
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  test("T8 a text that looks like our own mark of a large integer stays a text", async () => {
    const plural = "marks";
    const authority = await makeAuthority("exact");
    const { cert, key } = await makeServerCertificate(authority, "exact");
    server = createServer({ cert, key }, (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = parseExact(Buffer.concat(chunks).toString("utf8"));
        const { uid, desiredAPIVersion, objects } = (
          body as { request: { uid: string; desiredAPIVersion: string; objects: object[] } }
        ).request;
        const convertedObjects = objects.map((object) => ({ ...object, apiVersion: desiredAPIVersion }));
        const answer = { uid, result: { status: "Success" }, convertedObjects };
        const head = { apiVersion: "apiextensions.k8s.io/v1", kind: "ConversionReview" };
        response.setHeader("Content-Type", "application/json").end(stringifyExact({ ...head, response: answer }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const keep = { type: "object", "x-kubernetes-preserve-unknown-fields": true } as never;
    const schemas = { v1: { spec: keep }, v2: { spec: keep } } as never;
    const attempt = world.attempt(plural);
    const stack = await world.stack(plural);
    await stack.up({ crd: crdOf(plural, ["v1"], schemas), migrator: "direct" });
    // As any text it may be in a list, and where null is beside it, the whole field is written as it is expected.
    const specs: Record<string, object> = {
      plain: { list: [1] },
      marked: { list: [null, "\u0000int:9007199254740993"] },
    };
    for (const [name, spec] of Object.entries(specs))
      await world.client.post(attempt.path("v1"), attempt.object("v1", name, { spec }));
    const crd = crdOf(plural, ["v1", "v2"], schemas);
    await settled(stack.up({ crd, migrator: "direct", conversion: { url, caBundle: authority.cert } }));
    const entries = await readEtcd(world.cluster.etcd, `/registry/${group}/${plural}/`);
    const found = entries.map(({ value }) => JSON.parse(value) as AnyObject);
    const spec = (name: string) => found.find(({ metadata }) => metadata?.name === name)?.["spec"];
    expect(Object.fromEntries(Object.keys(specs).map((name) => [name, spec(name)]))).toEqual(specs);
  });
});

describe("a CRD that was made anew within the second in which its objects were made", () => {
  /** With storage v2; its object is in v1, and the finalizer of the CRD was taken off by hand. Tried until all is of one second. */
  async function madeAnew(attempt: Attempt, conversion: object): Promise<void> {
    const { client } = world;
    const definition = `${DEFINITIONS_PATH}/${attempt.plural}.${group}`;
    const old = attempt.path("v1", "old");
    const isThere = async (path: string): Promise<boolean> => (await client.send("GET", path)).status === 200;
    const takeFinalizers = (path: string) => client.send("PATCH", path, { metadata: { finalizers: null } }, MERGE);
    const metadata = { name: "old", finalizers: ["example.com/hold"] };
    const madeAt = async (path: string): Promise<string> =>
      (await client.get(path)).metadata.creationTimestamp as string;
    for (;;) {
      await client.post(DEFINITIONS_PATH, crdOf(attempt.plural, ["v1"]));
      while (!(await isThere(attempt.path("v1")))) await pause(50);
      await pause(1_000 - (Date.now() % 1_000)); // a second begins
      await client.post(attempt.path("v1"), { ...attempt.object("v1", "old", { hostPort: "h:80" }), metadata });
      await client.delete(definition);
      while (await isThere(definition)) await takeFinalizers(definition);
      const { spec, ...rest } = crdOf(attempt.plural, ["v1", "v2"]) as { spec?: object };
      await client.post(DEFINITIONS_PATH, { ...rest, spec: { ...spec, conversion } });
      await pause(2_000);
      if ((await madeAt(old)) === (await madeAt(definition))) return;
      while (await isThere(old)) await takeFinalizers(old).then(() => client.send("DELETE", old));
      await client.delete(definition);
      while (await isThere(definition)) await pause(50);
    }
  }

  test("T9 its object is older, and is rewritten", async () => {
    const attempt = world.attempt("seconds");
    await madeAnew(attempt, byWebhook(await webhookThatTurns()));
    const crd = `seconds.${group}`;
    const kubeconfig = await world.cluster.userKubeconfig("night-shift", rightsForMigration([crd]));
    const flags = ["--yes", "--migrator", "direct", "--request-timeout-seconds", "3"];
    const { out } = await startBin(kubeconfig, "migrate", crd, ...flags).ended;
    expect(out).not.toMatch(/nothing to do/);
    expect(await attempt.stored()).toEqual([`${group}/v2`]);
  });
});
