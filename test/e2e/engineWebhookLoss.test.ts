import { setTimeout as pause } from "timers/promises";
import type { KubernetesObject } from "../../components/kubernetes/api";
import { migrateAndProve, type ProveInputs } from "../../components/migration/definition/migrateAndProve";
import { recordMigratedAndPrune } from "../../components/migration/definition/recordAndPrune";
import { makeAuthority, makeServerCertificate } from "../../local/certificates";
import { type Admission, askedByEveryServer, mutateEachUpdate } from "./admission";
import { type Bench, group, objectOf, objectsOf, pluralOf, recordFlip, startBench } from "./engine";
import { STORAGE_MIGRATION } from "./harness";
import { type Hook, startHook } from "./misbehavingWebhook";

jest.setTimeout(400_000);

/** Long enough for an update that is held up until objects are rewritten ahead, also on a busy machine. */
const REQUEST_TIMEOUT_SECONDS = 20;
type Spec = Record<string, unknown>;
type Converts = (object: KubernetesObject, version: string, isApiServer: boolean) => KubernetesObject;

/** What the webhook does, and what is asked at admission, by kind. */
const converts: Record<string, Converts> = {};
const decides: Record<string, Admission> = {};
const ends: (() => void)[] = [];
let bench: Bench;
let hook: Hook;
let conversion: object;

beforeAll(async () => {
  bench = await startBench("engine-webhook-loss", { requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS });
  const authority = await makeAuthority("loss");
  hook = await startHook(await makeServerCertificate(authority, "loss"));
  hook.behave((object, ...asked) => converts[object.kind ?? ""]?.(object, ...asked) ?? object);
  const caBundle = Buffer.from(authority.cert).toString("base64");
  const webhook = { conversionReviewVersions: ["v1"], clientConfig: { url: hook.url, caBundle } };
  conversion = { strategy: "Webhook", webhook };
});
afterAll(async () => {
  for (const end of ends) end();
  await hook.close();
  await bench.end();
});

const pathAt = (kind: string, version: string): string =>
  `/apis/${group}/${version}/namespaces/default/${pluralOf(kind)}`;

async function prepare(kind: string, count: number, spec: Spec, convert: Converts, schema = {}): Promise<void> {
  converts[kind] = convert;
  await bench.define(kind, { storage: "v1", conversion, schema });
  await bench.create(pluralOf(kind), "v1", objectsOf(kind, "v1", count, spec));
}

async function askAtAdmission(kind: string): Promise<void> {
  const decide: Admission = (...asked) => decides[kind]?.(...asked) ?? { allowed: true };
  const resource = { group, version: "v1", plural: pluralOf(kind) };
  ends.push(await askedByEveryServer(bench.local, resource, decide, (name) => objectOf(kind, "v1", name, {})));
}

/** Storage moves to v2, as store does it: the flip is on record, unless somebody has edited the CRD since. */
async function flip(kind: string, schema = {}, isOnRecord = true): Promise<void> {
  const plural = pluralOf(kind);
  const { metadata } = await bench.local.client.get(`${pathAt(kind, "v1")}?limit=1`);
  await bench.define(kind, { storage: "v2", conversion, schema });
  if (isOnRecord) await recordFlip(bench, plural, "v2", { from: "v1", at: metadata.resourceVersion });
}

/** Each row goes to `said` as well. */
async function prove(kind: string, migrator: "direct" | "in-tree", said: (row: string) => void = () => undefined) {
  const plural = pluralOf(kind);
  const crd = `${plural}.${group}`;
  const times = { requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS, decommissionedServers: [] };
  const inputs: ProveInputs = { crd, group, plural, kind, version: "v2", ...times };
  const work = { ...bench.work, cluster: bench.cluster, report: said };
  const pass = await migrateAndProve(inputs, migrator === "in-tree", work);
  await recordMigratedAndPrune(inputs, work, pass);
  return pass;
}

const contents = (kind: string): Promise<KubernetesObject[]> => bench.contents(pluralOf(kind));

const without = (object: KubernetesObject, field: string): KubernetesObject => {
  const { [field]: _, ...spec } = object["spec"] as Spec;
  return { ...object, spec };
};
/** It has always lost `note` of a value that no rehearsal saw. */
const losesOfRare: Converts = (object, version) =>
  version === "v2" && (object["spec"] as Spec)["host"] === "rare" ? without(object, "note") : object;

const spec = { host: "h", note: "n", selfSigned: {}, list: [], deep: { emptyDir: {} }, args: ["--a"] };
const put = (object: KubernetesObject, more: Spec): KubernetesObject => ({
  ...object,
  spec: { ...(object["spec"] as Spec), ...more },
});

describe("two replicas of a webhook that disagree: ours asks the right one, the API server the other", () => {
  const worse: Record<string, (object: KubernetesObject) => KubernetesObject> = {
    Addfield: (object) => put(object, { suspend: true }),
    Growlist: (object) => put(object, { args: ["--a", "--delete"] }),
    Addlabel: (object) => ({ ...object, metadata: { ...object.metadata, labels: { more: "x" } } }),
    Loseempty: (object) => without(object, "selfSigned"),
    Addstatus: (object) => ({ ...object, status: { ready: true } }),
    Unrecorded: (object) => without(object, "selfSigned"),
    Nulladd: (object) => put(object, { suspend: true }),
    Nullgrow: (object) => put(object, { holes: [null, "--delete"] }),
    Nulllost: (object) => without(object, "holes"),
  };
  const nulls = { ...spec, holes: [null] };
  const outcomes: Record<string, unknown> = {};
  // At once: each has the same wait.
  beforeAll(async () => {
    for (const [kind, make] of Object.entries(worse)) {
      await prepare(kind, 5, kind.startsWith("Null") ? nulls : spec, (object, version, isApiServer) =>
        version === "v2" && isApiServer ? make(object) : object,
      );
      await flip(kind, {}, kind !== "Unrecorded");
    }
    const attempt = async (kind: string): Promise<void> => {
      outcomes[kind] = await prove(kind, "direct").catch((error: Error) => error.message);
    };
    await Promise.all(Object.keys(worse).map(attempt));
  });

  test.each([
    ["adds a field", "Addfield", /\.spec\.suspend/],
    ["adds to a list", "Growlist", /\.spec\.args\[1\]/],
    ["adds a label", "Addlabel", /begun to add \.metadata\.labels\.more/],
    ["adds a status", "Addstatus", /\.status/],
    ["loses an empty map", "Loseempty", /begun to lose \.spec\.selfSigned/],
    ["loses an empty map, with no flip on record", "Unrecorded", /loses \.spec\.selfSigned, empty/],
  ])("one that %s: it is named, and nothing of it is stored", async (_, kind, named) => {
    expect(outcomes[kind]).toMatch(named);
    const kept = (await contents(kind)).map(({ apiVersion, metadata, ...object }) => [
      apiVersion,
      object["spec"],
      metadata.labels,
    ]);
    expect(kept).toEqual(Array.from({ length: 5 }, () => [`${group}/v1`, spec, undefined]));
  });

  test.each([
    ["adds a field", "Nulladd"],
    ["adds to the list", "Nullgrow"],
    ["loses the list", "Nulllost"],
  ])(
    "an object with null in a list, which no test can name, and one that %s: what ours gives is stored",
    async (_, kind) => {
      expect(outcomes[kind]).toMatchObject({ proven: 5 });
      const kept = (await contents(kind)).map(({ apiVersion, ...object }) => [apiVersion, object["spec"]]);
      expect(kept).toEqual(Array.from({ length: 5 }, () => [`${group}/v2`, nulls]));
    },
  );
});

test("a default that only the new version has, and nulls as Go writes them, cost no object a second look: one PATCH each", async () => {
  const kind = "Defaulted";
  const properties = { host: { type: "string" }, list: { type: "array", items: { type: "string" } } };
  const ofSpec = (more: object) => ({ type: "object", properties: { spec: { type: "object", properties: more } } });
  const schema = { v1: ofSpec(properties), v2: ofSpec({ ...properties, mode: { type: "string", default: "fast" } }) };
  const convert: Converts = (object, version) => {
    const { mode: _, ...kept } = object["spec"] as Spec;
    return { ...object, spec: version === "v2" ? { ...kept, template: null } : kept };
  };
  await prepare(kind, 30, { host: "h", list: [] }, convert, schema);
  const calls = jest.spyOn(bench.cluster, "call");
  await flip(kind, schema);
  const pass = await prove(kind, "direct");
  expect(pass.proven).toBe(30);
  expect(pass.how).not.toContain("no object could be probed");
  const ofKind = calls.mock.calls.filter(([{ path }]) => path.includes(`/v2/namespaces/default/${pluralOf(kind)}/`));
  calls.mockRestore();
  // One or the other was tried for agreement as well.
  expect(ofKind.filter(([{ method }]) => method === "PATCH").length).toBeLessThan(45);
  expect(ofKind.filter(([{ method }]) => method === "GET").length).toBeLessThan(10);
  const stored = (await contents(kind)).map((object) => object["spec"]);
  expect(stored).toEqual(Array.from({ length: 30 }, () => ({ host: "h", list: [], mode: "fast" })));
});

test("an update held up across the flip lands in the old version behind ours, with a value that was never rehearsed: it is not left to the StorageVersionMigration", async () => {
  const kind = "Heldup";
  await prepare(kind, 30, { host: "h", note: "n" }, losesOfRare);
  await askAtAdmission(kind);
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  decides[kind] = async (name, user) => {
    if (user === "admin" && name === "o-00010") await released;
    return { allowed: true };
  };
  const updated = bench.local.client.mergePatch(`${pathAt(kind, "v1")}/o-00010`, { spec: { host: "rare" } });
  await pause(500);
  await flip(kind);
  const proven = prove(kind, "in-tree", (row) => {
    if (/objects rewritten ahead/.test(row)) release();
  });
  const landed = updated.then(async () => (await bench.stored(pluralOf(kind)))["default/o-00010"]);
  await expect(proven).rejects.toThrow(/1 of 30 objects could not be rewritten to v2:\s+default\/o-00010: .*note/s);
  expect(await landed).toBe(`${group}/v1`); // or it was no attempt
  expect((await contents(kind)).filter((object) => (object["spec"] as Spec)["note"] !== "n")).toEqual([]);
});

test("storage moved back and forth during the pass that counts, an object created in between: a repeated pass names it", async () => {
  const kind = "Repeated";
  await prepare(kind, 30, { host: "h", note: "n" }, losesOfRare);
  await askAtAdmission(kind);
  await flip(kind);
  let isPass = false;
  let held: string | undefined;
  let once: Promise<void> | undefined;
  const backAndForth = async (): Promise<void> => {
    await bench.define(kind, { storage: "v1", conversion, versions: ["v2", "v1"] });
    await pause(1_500);
    await bench.create(pluralOf(kind), "v1", [objectOf(kind, "v1", "created", { host: "rare", note: "n" })]);
    held = (await bench.stored(pluralOf(kind)))["default/created"];
    await bench.define(kind, { storage: "v2", conversion });
  };
  decides[kind] = async (_name, user, dryRun) => {
    if (isPass && !dryRun && user !== "admin") await (once ??= backAndForth());
    return { allowed: true };
  };
  const proven = prove(kind, "direct", (row) => {
    if (/^rewriting \d/.test(row) || /waiting [01] s for requests/.test(row)) isPass = true;
  });
  await expect(proven).rejects.toThrow(/default\/created: .*note/s);
  expect(held).toBe(`${group}/v1`); // or it was no attempt
  expect((await contents(kind)).filter((object) => (object["spec"] as Spec)["note"] !== "n")).toEqual([]);
});

test("storage moved back while our pass was at work, and forth again with a webhook that loses a field: what the pass was answered in between counts for nothing", async () => {
  const kind = "Answered";
  let isWorse = false;
  await prepare(kind, 200, { host: "h", note: "n" }, (object, version, isApiServer) =>
    isWorse && isApiServer && version === "v2" ? without(object, "note") : object,
  );
  await askAtAdmission(kind);
  await flip(kind);
  let isPass = false;
  let stale = 0;
  let back: Promise<void> | undefined;
  let forth: Promise<void> | undefined;
  const store = async (storage: "v1" | "v2"): Promise<void> => {
    await bench.define(kind, { storage, conversion, ...(storage === "v1" && { versions: ["v2", "v1"] }) });
    await pause(1_500);
  };
  decides[kind] = async (name, user, dryRun) => {
    if (!isPass || dryRun || user === "admin") return { allowed: true };
    await (back ??= store("v1"));
    if (name === "o-00190")
      await (forth ??= (async () => {
        const stored = Object.values(await bench.stored(pluralOf(kind)));
        stale = stored.filter((each) => each === `${group}/v1`).length;
        isWorse = true;
        await store("v2");
      })());
    return { allowed: true };
  };
  const proven = prove(kind, "direct", (row) => {
    if (/^rewriting \d/.test(row) || /waiting [01] s for requests/.test(row)) isPass = true;
  });
  await expect(proven).rejects.toThrow(/of 200 objects could not be rewritten to v2:.*note/s);
  expect(stale).toBeGreaterThan(20); // or it was no attempt
  expect((await contents(kind)).filter((object) => (object["spec"] as Spec)["note"] !== "n")).toEqual([]);
});

test("two objects that are left for the StorageVersionMigration, a wrong copy of them in the watch cache, and admission that changes what it writes: they are not left to it", async () => {
  const kind = "Cached";
  let isWrong = false;
  await prepare(kind, 2, { host: "h", note: "n" }, (object, version, isApiServer) =>
    isWrong && isApiServer && version === "v2" ? without(object, "note") : object,
  );
  const expression = 'Object{metadata: Object.metadata{labels: {"touched": "yes"}}}';
  await mutateEachUpdate(bench.local.client, "touched", { group, plural: pluralOf(kind) }, expression);
  isWrong = true;
  await flip(kind);
  await pause(2_000);
  isWrong = false;
  const migrations = `/apis/storagemigration.k8s.io/${STORAGE_MIGRATION}/storageversionmigrations`;
  const before = (await bench.local.client.get(migrations)).items.length;
  const { spec: cached } = await bench.local.client.get(`${pathAt(kind, "v2")}/o-00000?resourceVersion=0`);
  expect(cached).toEqual({ host: "h" }); // or it was no attempt
  await expect(prove(kind, "in-tree")).rejects.toThrow(/watch cache still holds a wrong conversion to v2 .*note/);
  expect((await bench.local.client.get(migrations)).items).toHaveLength(before);
  expect((await contents(kind)).map((object) => object["spec"])).toEqual(
    Array.from({ length: 2 }, () => ({ host: "h", note: "n" })),
  );
});
