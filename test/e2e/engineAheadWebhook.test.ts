import type { KubernetesObject } from "../../components/kubernetes/api";
import * as counts from "../../components/kubernetes/countObjects";
import { migrateAndProve, type ProveInputs } from "../../components/migration/definition/migrateAndProve";
import { recordMigratedAndPrune } from "../../components/migration/definition/recordAndPrune";
import { makeAuthority, makeServerCertificate } from "../../local/certificates";
import { type Admission, askedByEveryServer } from "./admission";
import { type Bench, group, objectOf, objectsOf, recordFlip, startBench } from "./engine";
import { STORAGE_MIGRATION } from "./harness";
import { pause } from "./lossWorld";
import { type Hook, splitHostPort, startHook } from "./misbehavingWebhook";

jest.setTimeout(400_000);

/** Through well before the wait is over, also on a busy machine. */
const OBJECTS = 200;
const REQUEST_TIMEOUT_SECONDS = 10;
const HOSTS = ["cp-1", "cp-2"];
const kind = "Beside";
const plural = "besides";
const v1 = `${group}/v1`;
const v2 = `${group}/v2`;
const pathAt = (version: string): string => `/apis/${group}/${version}/namespaces/default/${plural}`;

let bench: Bench;
let hook: Hook;
let conversion: object;
let decide: Admission = () => ({ allowed: true });
let end: () => void;

beforeAll(async () => {
  const servers = HOSTS.length;
  const options = { servers, network: "namespace", requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS } as const;
  bench = await startBench("engine-ahead-webhook", options);
  const authority = await makeAuthority("beside");
  hook = await startHook(await makeServerCertificate(authority, "beside"));
  const caBundle = Buffer.from(authority.cert).toString("base64");
  const webhook = { conversionReviewVersions: ["v1"], clientConfig: { url: hook.url, caBundle } };
  conversion = { strategy: "Webhook", webhook };
  await bench.define(kind, { storage: "v1", conversion });
  await bench.create(plural, "v1", objectsOf(kind, "v1", OBJECTS, { hostPort: "h:80", note: "n" }));
  const resource = { group, version: "v1", plural };
  const sample = (name: string): object => objectOf(kind, "v1", name, { hostPort: "h:1" });
  end = await askedByEveryServer(bench.local, resource, (...asked) => decide(...asked), sample);
});
beforeEach(() => {
  // So few are through well before the wait is over, also on a busy machine.
  jest.spyOn(counts, "countObjects").mockResolvedValue({ objects: 1_200, listResourceVersion: "" });
  decide = () => ({ allowed: true });
  hook.behave(splitHostPort);
});
afterEach(() => jest.restoreAllMocks());
afterAll(async () => {
  end();
  await hook.close();
  await bench.end();
});

/** Loses a field on the way to that version, not on the way back. */
const losesNoteTo =
  (lossy: string) =>
  (object: KubernetesObject, version: string): Record<string, unknown> => {
    const converted = splitHostPort(object, version);
    const { note: _, ...spec } = converted["spec"] as Record<string, unknown>;
    return version === lossy ? { ...converted, spec } : converted;
  };

/** Each row goes to `said` as well. */
function prove(version: string, migrator: "direct" | "in-tree", said: (row: string) => void = () => undefined) {
  const inputs: ProveInputs = {
    crd: `${plural}.${group}`,
    group,
    plural,
    kind,
    version,
    requestTimeoutSeconds: REQUEST_TIMEOUT_SECONDS,
    decommissionedServers: [],
  };
  const report = (row: string): void => {
    bench.work.report(row);
    said(row);
  };
  const work = { cluster: bench.cluster, report, signal: bench.work.signal };
  return migrateAndProve(inputs, migrator === "in-tree", work).then(async (pass) => {
    await recordMigratedAndPrune(inputs, work, pass);
    expect((await bench.live(plural)).status?.storedVersions).toEqual([version]);
    return pass;
  });
}

const storedVersions = async (): Promise<string[]> => Object.values(await bench.stored(plural));
const contents = async (): Promise<unknown[]> => [
  ...new Set((await bench.contents(plural)).map((object) => JSON.stringify(object["spec"]))),
];

test("T1 a webhook that begins to lose a field in the middle of it: no object loses it; the next run finishes", async () => {
  await bench.define(kind, { storage: "v2", conversion });
  let written = 0;
  decide = (_name, _user, dryRun) => {
    if (!dryRun && ++written === 100) hook.behave(losesNoteTo("v2"));
    return { allowed: true };
  };
  await expect(prove("v2", "direct")).rejects.toThrow(
    /\d+ of 200 objects could not be rewritten to v2:.* \.spec\.note/s,
  );
  expect(new Set(await storedVersions())).toEqual(new Set([v1, v2]));
  expect((await contents()).filter((each) => !String(each).includes('"note":"n"'))).toEqual([]);
  hook.behave(splitHostPort);
  expect(await prove("v2", "direct")).toMatchObject({ proven: OBJECTS });
  expect(await contents()).toEqual([JSON.stringify({ host: "h", note: "n", port: "80" })]);
});

test("T2 an update held up across the flip lands in the old version behind it, and then the webhook begins to lose a field: it is kept, and named", async () => {
  const { client } = bench.local.apiServers.find(({ host }) => host === "cp-2") ?? bench.local;
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  decide = async (name, user) => {
    if (user === "admin" && name === "o-00100") await released;
    return { allowed: true };
  };
  const updated = client.mergePatch(`${pathAt("v2")}/o-00100`, { spec: { host: "later" } });
  await pause(500);
  const { metadata } = await bench.local.client.get(`${pathAt("v2")}?limit=1`);
  await bench.define(kind, { storage: "v1", conversion });
  await recordFlip(bench, plural, "v1", { from: "v2", at: metadata.resourceVersion });

  let through = (): void => undefined;
  const isThrough = new Promise<void>((resolve) => (through = resolve));
  const proven = prove("v1", "direct", (row) => {
    if (/rewritten ahead/.test(row)) through();
  });
  await Promise.race([isThrough, proven]);
  expect(new Set(await storedVersions())).toEqual(new Set([v1]));
  hook.behave(losesNoteTo("v1"));
  release();
  const landed = updated.then(async () => (await bench.stored(plural))["default/o-00100"]);
  await expect(proven).rejects.toThrow(
    /1 of 200 objects could not be rewritten to v1:\s+default\/o-00100: .* \.spec\.note/s,
  );
  expect(await landed).toBe(v2); // or it was no attempt
  const kept = JSON.stringify({ host: "later", note: "n", port: "80" });
  expect(await contents()).toContain(kept);

  // The webhook is right again, but not what the watch cache remembers of that object; a spec that changes makes a new cache.
  hook.behave(splitHostPort);
  await expect(prove("v1", "direct")).rejects.toThrow(
    /o-00100: .*watch cache still holds a wrong conversion to v1 of it \(\.spec\.note\)/,
  );
  expect(await contents()).toContain(kept);
  await bench.define(kind, { storage: "v1", conversion, versions: ["v2", "v1"] });
  expect(await prove("v1", "direct")).toMatchObject({ proven: OBJECTS });
  expect(await contents()).toContain(JSON.stringify({ hostPort: "later:80", note: "n" }));
});

test("T3 a StorageVersionMigration comes after that, and finds a handful to convert", async () => {
  await bench.define(kind, { storage: "v2", conversion });
  const rows: string[] = [];
  let atItsStart: Promise<string[]> | undefined;
  const pass = await prove("v2", "in-tree", (row) => {
    rows.push(row);
    if (/StorageVersionMigration/.test(row)) atItsStart ??= storedVersions();
  });
  // The garbage collector discovers a new CRD within 30 s: perhaps sooner than the migration is given up.
  const how = expect.stringMatching(/^StorageVersionMigration \S+ (succeeded|was ended early)/) as string;
  expect(pass).toMatchObject({ proven: OBJECTS, how });
  expect(rows).toContainEqual(expect.stringMatching(/^rewriting ahead [\d,]+ \/ 200 .*; waiting \d+ s for requests/));
  const first = ["rewriting ahead", "objects rewritten ahead", "StorageVersionMigration"].map((said) =>
    rows.findIndex((row) => row.includes(said)),
  );
  expect(first).toEqual([...first].sort((one, other) => one - other));
  expect(first).not.toContain(-1);
  const left = (await atItsStart)?.filter((each) => each === v1).length;
  expect(left).toBeGreaterThan(0); // its informer waits for one to be rewritten
  expect(left).toBeLessThanOrEqual(3);
  expect(new Set(await storedVersions())).toEqual(new Set([v2]));
  expect((await contents()).sort()).toEqual([
    JSON.stringify({ host: "h", note: "n", port: "80" }),
    JSON.stringify({ host: "later", note: "n", port: "80" }),
  ]);
});

test("T4 nor does one come where the conversion of what is left for it has begun to lose a field: our own pass names it", async () => {
  const migrations = `/apis/storagemigration.k8s.io/${STORAGE_MIGRATION}/storageversionmigrations`;
  const made = async (): Promise<number> => (await bench.local.client.get(migrations)).items.length;
  const before = await made();
  await bench.define(kind, { storage: "v1", conversion, versions: ["v2", "v1"] });
  const proven = prove("v1", "in-tree", (row) => {
    if (/objects rewritten ahead/.test(row)) hook.behave(losesNoteTo("v1"));
  });
  await expect(proven).rejects.toThrow(/[1-3] of 200 objects could not be rewritten to v1:.* \.spec\.note/s);
  expect(await made()).toBe(before);
  expect((await contents()).filter((each) => !String(each).includes('"note":"n"'))).toEqual([]);
});
