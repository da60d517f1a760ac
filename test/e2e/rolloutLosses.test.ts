import { setTimeout as sleep } from "timers/promises";
import type { VersionedCRDArgs } from "../../components";
import { readEtcd } from "../../local/cluster/etcd";
import { mutateEachUpdate } from "./admission";
import { startWorld, type World } from "./harness";
import type { AnyObject } from "./looseWebhook";
import { MERGE, settled } from "./lossWorld";

jest.setTimeout(300_000);

const group = "stable.example.com";
const plurals = ["thirds", "empties", "hiddens", "builders", "alones", "flips", "counters"];
let world: World;
beforeAll(async () => {
  world = await startWorld(plurals.map((plural) => ({ group, plural })));
});
afterAll(() => world.end());

const kindOf = (plural: string): string => `${plural.charAt(0).toUpperCase()}${plural.slice(1, -1)}`;
const text = { type: "string" };
type Fields = Record<string, Record<string, object>>;

function crdOf(plural: string, names: string[], storage: string, fields: Fields): VersionedCRDArgs["crd"] & object {
  const versions = names.map((name) => ({
    name,
    served: true,
    storage: name === storage,
    schema: { openAPIV3Schema: { type: "object", properties: fields[name] ?? {} } },
  }));
  const metadata = { name: `${plural}.${group}` };
  return { metadata, spec: { group, scope: "Namespaced", names: { plural, kind: kindOf(plural) }, versions } };
}

async function create(plural: string, version: string, name: string, rest: object): Promise<void> {
  const path = `/apis/${group}/${version}/namespaces/default/${plural}`;
  const head = { apiVersion: `${group}/${version}`, kind: kindOf(plural), metadata: { name } };
  await world.cluster.client.post(path, { ...head, ...rest });
}

async function stored(plural: string): Promise<AnyObject[]> {
  const entries = await readEtcd(world.cluster.etcd, `/registry/${group}/${plural}/`);
  return entries.map(({ value }) => JSON.parse(value) as AnyObject);
}

const versionsOf = (objects: AnyObject[]): string[] =>
  [...new Set(objects.map(({ apiVersion = "" }) => apiVersion))].sort();
const without = (object: AnyObject, field: string): AnyObject => {
  const { [field]: _, ...rest } = object;
  return rest as AnyObject;
};

test("objects in v1 and in v2 on the way to v3, and a webhook that loses a field of v1: every stored version is rehearsed", async () => {
  const plural = "thirds";
  const fields = { v1: { note: text }, v2: { note: text }, v3: { note: text } };
  let isLossy = false;
  const { url, caBundle } = await world.webhook({
    convert: (object, apiVersion) => ({
      ...(isLossy && object.apiVersion === `${group}/v1` ? without(object, "note") : object),
      apiVersion,
    }),
  });
  const stack = await world.stack(plural);
  const more = { conversion: { url, caBundle }, migrator: "direct" } as const;
  await stack.up({ crd: crdOf(plural, ["v1"], "v1", fields), migrator: "direct" });
  await create(plural, "v1", "a", { note: "n" });
  await stack.up({ ...more, crd: crdOf(plural, ["v1", "v2"], "v2", fields), stopAfter: "store" });
  await create(plural, "v2", "d", { note: "n" });
  isLossy = true; // the next release of the operator
  const crd = crdOf(plural, ["v1", "v2", "v3"], "v3", fields);
  const outcome = await settled(stack.up({ ...more, crd }));
  expect(outcome).toMatch(/rehearsal v1 → v3: .*note/s);
  const kept = await stored(plural);
  expect(kept.map(({ note }) => note)).toEqual(["n", "n"]);
  expect(versionsOf(kept)).not.toContain(`${group}/v3`);
  isLossy = false;
  await stack.up({ ...more, crd });
  const moved = await stored(plural);
  expect([versionsOf(moved), moved.map(({ note }) => note)]).toEqual([[`${group}/v3`], ["n", "n"]]);
});

test("an empty map that v2's schema does not know, through a webhook: it is named before anything flips", async () => {
  const plural = "empties";
  const fields = { v1: { host: text, selfSigned: { type: "object" } }, v2: { host: text } };
  const { url, caBundle } = await world.webhook({ convert: (object, apiVersion) => ({ ...object, apiVersion }) });
  const stack = await world.stack(plural);
  await stack.up({ crd: crdOf(plural, ["v1"], "v1", fields), migrator: "direct" });
  await create(plural, "v1", "a", { host: "h", selfSigned: {} });
  const crd = crdOf(plural, ["v1", "v2"], "v2", fields);
  const outcome = await settled(stack.up({ crd, conversion: { url, caBundle }, migrator: "direct" }));
  expect(outcome).toMatch(/v2 would lose \.selfSigned/);
  expect(await stored(plural)).toMatchObject([{ apiVersion: `${group}/v1`, selfSigned: {} }]);
});

test("a top-level field called `constructor` that v2's schema does not know, through a webhook: it is named before anything flips", async () => {
  const plural = "builders";
  const fields = { v1: { host: text, constructor: text }, v2: { host: text } } as unknown as Fields;
  const { url, caBundle } = await world.webhook({ convert: (object, apiVersion) => ({ ...object, apiVersion }) });
  const stack = await world.stack(plural);
  await stack.up({ crd: crdOf(plural, ["v1"], "v1", fields), migrator: "direct" });
  await create(plural, "v1", "a", { host: "h", constructor: "me" });
  const crd = crdOf(plural, ["v1", "v2"], "v2", fields);
  const outcome = await settled(stack.up({ crd, conversion: { url, caBundle }, migrator: "direct" }));
  expect(outcome).toMatch(/nothing was flipped or rewritten:\s+default\/a: v2 would lose \.constructor/);
});

test("a field that the webhook forgets, hidden by v1's default, where v2 has another: it is named before anything flips", async () => {
  const plural = "hiddens";
  const fields = { v1: { mode: { ...text, default: "keep" } }, v2: { mode: { ...text, default: "delete" } } };
  const { url, caBundle } = await world.webhook({
    convert: (object, apiVersion) => ({ ...without(object, "mode"), apiVersion }),
  });
  const stack = await world.stack(plural);
  await stack.up({ crd: crdOf(plural, ["v1"], "v1", fields), migrator: "direct" });
  await create(plural, "v1", "a", { mode: "keep" });
  const crd = crdOf(plural, ["v1", "v2"], "v2", fields);
  const outcome = await settled(stack.up({ crd, conversion: { url, caBundle }, migrator: "direct" }));
  expect(outcome).toMatch(/mode/);
  expect(await stored(plural)).toMatchObject([{ apiVersion: `${group}/v1`, mode: "keep" }]);
});

test("drop alone, by --target, with a manifest whose None serve refuses: the webhook that v3 needs does not go", async () => {
  const plural = "alones";
  const fields = { v1: { host: text }, v2: { host: text }, v3: { address: text } };
  const { url, caBundle } = await world.webhook({
    convert: ({ host, address = host, ...rest }, apiVersion) => ({
      ...rest,
      apiVersion,
      [apiVersion === `${group}/v3` ? "address" : "host"]: address,
    }),
  });
  const stack = await world.stack(plural);
  await stack.up({ crd: crdOf(plural, ["v1"], "v1", fields), migrator: "direct" });
  await create(plural, "v1", "a", { host: "h" });
  const crd = crdOf(plural, ["v1", "v2", "v3"], "v2", fields);
  await stack.up({ crd, conversion: { url, caBundle }, migrator: "direct" });
  const without = { crd: crdOf(plural, ["v2", "v3"], "v2", fields), migrator: "direct" } as const;
  const outcome = await settled(stack.upOnly(without, "drop"));
  const label = { metadata: { labels: { a: "b" } } };
  const path = `/apis/${group}/v3/namespaces/default/${plural}/a`;
  await world.cluster.client.send("PATCH", path, label, "application/merge-patch+json");
  expect(await stored(plural)).toMatchObject([{ apiVersion: `${group}/v2`, host: "h" }]);
  expect(outcome).toMatch(/conversion is None and v2's schema lacks \.address of v3/);
});

test("store alone, by --target, with a manifest whose None serve refuses: what is written through v1 keeps its field", async () => {
  const plural = "flips";
  const fields = { v1: { host: text, note: text }, v2: { host: text } };
  const stack = await world.stack(plural);
  await stack.up({ crd: crdOf(plural, ["v1", "v2"], "v1", fields), migrator: "direct" });
  await create(plural, "v1", "a", { host: "h" });
  const flipping = { crd: crdOf(plural, ["v1", "v2"], "v2", fields), migrator: "direct" } as const;
  await stack.upOnly(flipping, "rehearse"); // no object has a note so far
  const outcome = await settled(stack.upOnly(flipping, "store"));
  await create(plural, "v1", "b", { host: "h", note: "n" });
  expect((await stored(plural)).map(({ note }) => note)).toEqual([undefined, "n"]);
  expect(outcome).toMatch(/conversion is None and v2's schema lacks \.note of v1/);
});

test("an admission rule that counts each write, so that no write tells of an API server: it is said, and every object moves and counts on", async () => {
  const plural = "counters";
  const fields = { v1: { host: text, count: { type: "integer" } }, v2: { host: text, count: { type: "integer" } } };
  const { url, caBundle } = await world.webhook({ convert: (object, apiVersion) => ({ ...object, apiVersion }) });
  const stack = await world.stack(plural);
  const more = { conversion: { url, caBundle }, migrator: "direct" } as const;
  await stack.up({ crd: crdOf(plural, ["v1"], "v1", fields), migrator: "direct" });
  for (const name of ["a", "b"]) await create(plural, "v1", name, { host: "h", count: 0 });
  await countEachWrite(plural);
  const run = await stack.up({ ...more, crd: crdOf(plural, ["v1", "v2"], "v2", fields) });
  expect(run.messages.join("\n")).toMatch(
    /no object could be probed \(each one that was tried in 30 s was changed or deleted/,
  );
  const moved = await stored(plural);
  expect([versionsOf(moved), moved.map(({ host }) => host)]).toEqual([[`${group}/v2`], ["h", "h"]]);
  for (const { count } of moved) expect(count).toBeGreaterThan(0);
  await stack.up({ crd: crdOf(plural, ["v2"], "v2", fields), migrator: "direct" });
  expect(versionsOf(await stored(plural))).toEqual([`${group}/v2`]);
});

/** Until it is in force. */
async function countEachWrite(plural: string): Promise<void> {
  const { client } = world.cluster;
  await mutateEachUpdate(client, plural, { group, plural }, "Object{count: object.count + 1}");
  const object = `/apis/${group}/v1/namespaces/default/${plural}/a`;
  for (let count = 0; count === 0;) {
    await sleep(200);
    // A policy does not find a new CRD's kind at once, and the API server answers 503 then.
    const { status, body } = await client.send("PATCH", object, {}, MERGE);
    if (status === 503) continue;
    expect(status).toBe(200);
    ({ count } = body as { count: number });
  }
}
