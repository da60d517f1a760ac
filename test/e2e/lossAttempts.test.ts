import type { Acknowledgement } from "../../components";
import { readEtcd } from "../../local/cluster/etcd";
import { convert } from "./looseWebhook";
import { STORAGE_MIGRATION, type TestStack } from "./harness";
import { type Attempt, crdOf, group, type LossWorld, MERGE, pause, settled } from "./lossWorld";
import { startLossWorld, type Version } from "./lossWorld";
import { slowBeforeStore } from "./slowRollout";

jest.setTimeout(300_000);

const plurals = [
  "answers",
  "narrows",
  "schemas",
  "webhooks",
  "weeks",
  "rolls",
  "waits",
  "freshes",
  "moments",
  "directs",
  "lates",
  "bundles",
  "helds",
  "busies",
  "flips",
  "forbids",
  "deaths",
];
const v1 = `${group}/v1`;
const v2 = `${group}/v2`;

/** Each asserts what etcd holds in the end, and that a rollout which cannot be proven neither prunes nor drops. */
describe("tries to lose an object", () => {
  let world: LossWorld;

  beforeAll(async () => {
    world = await startLossWorld(plurals);
  });
  afterAll(() => world.end());

  /** A CRD of its own, at v1, with `old-0` … */
  async function begin(plural: string, count: number): Promise<[Attempt, TestStack]> {
    const attempt = world.attempt(plural);
    const stack = await world.stack(plural);
    await stack.up(attempt.args(["v1"]));
    await attempt.createMany(count);
    return [attempt, stack];
  }

  test("an admission webhook that denies the rewrite with 404 NotFound refuses it; the object is not deleted", async () => {
    const [attempt, stack] = await begin("answers", 3);
    // What controller-runtime answers when a validator hands on the error of its client; here for a Secret of the same name.
    const status = { code: 404, reason: "NotFound", message: 'secrets "old-1" not found' };
    await attempt.admission((name) => ({ allowed: name !== "old-1", status }));
    const outcome = await settled(stack.up(attempt.args(["v1", "v2"])));
    expect([await attempt.storedVersions(), await attempt.stored()]).toEqual([["v1"], [v1]]);
    expect(outcome).toMatch(/1 of 3 objects would fail.*old-1/s);
  });

  test("a manifest that takes a field from the version in storage is refused, with a webhook as without", async () => {
    const [attempt, stack] = await begin("narrows", 3);
    const crd = crdOf("narrows", ["v1", "v2"], { v1: {} });
    const outcome = await settled(stack.up(attempt.args(["v1", "v2"], { crd })));
    expect(await attempt.bytes()).toMatch(/host-0.*host-1.*host-2/);
    expect(outcome).toMatch(/hostPort/);
  });

  test.each(["schema", "webhook"])("a %s that loses a field after store is found out before migrate", async (what) => {
    const [attempt, stack] = await begin(`${what}s`, 3);
    await stack.up(attempt.args(["v1", "v2"], { stopAfter: "store" }));
    const conversion = await world.webhook({
      convert: (object, to) => ({ ...convert(object, to), port: undefined }),
    });
    const crd = crdOf(`${what}s`, ["v1", "v2"], { v2: { host: { type: "string" } } });
    const outcome = await settled(stack.up(attempt.args(["v1", "v2"], what === "schema" ? { crd } : { conversion })));
    expect((await attempt.bytes()).match(/80"/g)).toHaveLength(3);
    expect(outcome).toMatch(/would fail.*port|loses.*port/is);
  });

  test.each([
    ["at stopAfter: store", "weeks", { stopAfter: "store" } as const],
    ["by what store waits for", "rolls", undefined],
  ])("a webhook that is replaced behind its address %s is found out before it converts", async (_, plural, hold) => {
    const [attempt, stack] = await begin(plural, 3);
    let released = convert;
    const conversion = await world.webhook({ convert: (object, to) => released(object, to) });
    const roll = (): void => void (released = (object, to) => ({ ...convert(object, to), port: undefined }));
    if (hold !== undefined) await stack.up(attempt.args(["v1", "v2"], { conversion, ...hold }));
    void (hold === undefined ? attempt.rehearsed() : Promise.resolve()).then(roll);
    const more = hold === undefined ? { before: slowBeforeStore } : {};
    const outcome = await settled(stack.up(attempt.args(["v1", "v2"], { conversion, ...more })));
    expect((await attempt.bytes()).match(/80"/g)).toHaveLength(3);
    expect(outcome).toMatch(/[23] of 3 objects would fail.*hostPort/s);
    released = convert;
    expect(await settled(stack.up(attempt.args(["v2"], { conversion })))).toBe("");
    expect([await attempt.stored(), (await attempt.bytes()).match(/80"/g)]).toEqual([[v2], ['80"', '80"', '80"']]);
  });

  test("a webhook that begins to lose a field while migrate waits: no object loses it, and nothing is dropped", async () => {
    const attempt = world.attempt("waits");
    let [isMigrating, isLossy] = [false, false];
    const conversion = await world.webhook({
      convert: (object, to) => (isLossy ? { ...convert(object, to), port: undefined } : convert(object, to)),
    });
    const stack = await world.stack("waits");
    await stack.up(attempt.args(["v1"]));
    await attempt.createMany(5);
    void attempt.atWork("migrate").then(() => (isMigrating = true));
    const up = stack.automation.up.bind(stack.automation);
    stack.automation.up = (options) =>
      up({
        ...options,
        onEvent: (event) => {
          if (isMigrating && event.diagnosticEvent?.message.includes("for requests that began before")) isLossy = true;
          options?.onEvent?.(event);
        },
      });
    const outcome = await settled(stack.up(attempt.args(["v2"], { conversion })));
    expect(isLossy).toBe(true);
    expect(outcome).toMatch(/[45] of 5 objects could not be rewritten to v2.*hostPort/s);
    expect(await attempt.versions()).toEqual(["v1", "v2"]);
    const stored = await readEtcd(world.cluster.etcd, `/registry/${group}/waits/`);
    expect(
      stored.filter(({ value }) => /"hostPort":"[^"]+:\d+"|"port":"\d+"/.test(value)).length,
    ).toBeGreaterThanOrEqual(5);
  });

  test.each([
    ["right after a rehearsal that store takes as fresh", "freshes"],
    ["between the last look at the probed object and its rewrite", "moments"],
  ])("a webhook that begins to lose a field %s: no object loses it", async (_, plural) => {
    const [attempt, stack] = await begin(plural, 3);
    let [isRehearsed, isLossy] = [false, false];
    const conversion = await world.webhook({
      convert: (object, to) => {
        const converted = isLossy ? { ...convert(object, to), port: undefined } : convert(object, to);
        // The way back to v1 is the last that is asked before the rewrite.
        isLossy ||= isRehearsed && plural === "moments" && to === v1;
        return converted;
      },
    });
    void attempt.rehearsed().then(() => {
      isRehearsed = true;
      isLossy = plural === "freshes";
    });
    const outcome = await settled(stack.up(attempt.args(["v1", "v2"], { conversion })));
    expect(isLossy).toBe(true);
    expect((await attempt.bytes()).match(/80"/g)).toHaveLength(3);
    expect(outcome).toMatch(/3 of 3 objects would fail; storage has flipped/);
    expect(await attempt.stored()).toEqual([v1]);
  });

  test("a webhook that begins to lose a field in the middle of our pass: no object loses it", async () => {
    const [attempt, stack] = await begin("directs", 60);
    const lossyAt = 1 + Math.floor(Math.random() * 30);
    let [isWaited, isLossy, written] = [false, false, 0];
    const conversion = await world.webhook({
      convert: (object, to) => (isLossy ? { ...convert(object, to), port: undefined } : convert(object, to)),
    });
    await stack.up(attempt.args(["v1", "v2"], { conversion, stopAfter: "store" }));
    await attempt.admission((_name, _user, dryRun) => {
      if (isWaited && !dryRun && ++written === lossyAt) isLossy = true;
      return { allowed: true };
    });
    const up = stack.automation.up.bind(stack.automation);
    stack.automation.up = (options) =>
      up({
        ...options,
        onEvent: (event) => {
          isWaited ||= event.diagnosticEvent?.message.includes("for requests that began before") === true;
          options?.onEvent?.(event);
        },
      });
    const outcome = await settled(stack.up(attempt.args(["v2"], { conversion })));
    expect({ lossyAt, isLossy, kept: (await attempt.bytes()).match(/80"/g)?.length }).toEqual({
      lossyAt,
      isLossy: true,
      kept: 60,
    });
    expect(outcome).toMatch(/of 60 objects could not be rewritten to v2.*(hostPort|port)/s);
    expect([await attempt.versions(), await attempt.storedVersions()]).toEqual([
      ["v1", "v2"],
      ["v1", "v2"],
    ]);
    isLossy = isWaited = false;
    expect(await settled(stack.up(attempt.args(["v2"], { conversion })))).toBe("");
    expect([await attempt.stored(), (await attempt.bytes()).match(/80"/g)?.length]).toEqual([[v2], 60]);
  });

  test("an object written after the rehearsal is rehearsed before it is rewritten", async () => {
    const [attempt, stack] = await begin("lates", 3);
    const conversion = await world.webhook({
      convert: (object, to) =>
        object["hostPort"] === "rare:77" ? { ...convert(object, to), port: undefined } : convert(object, to),
    });
    const late = attempt.atWork("store").then(() => attempt.create("late", "rare:77"));
    const outcome = await settled(stack.up(attempt.args(["v1", "v2"], { conversion })));
    await late;
    expect(await attempt.bytes()).toMatch("rare:77");
    expect(outcome).toMatch(/1 of \d+ objects would fail.*late: .*hostPort/s);
  });

  test("creates and updates that admission holds up across the flip do not outlive the proof", async () => {
    const [attempt, stack] = await begin("helds", 60);
    await attempt.admission((_name, user) => pause(user === "admin" ? 2_200 : 0).then(() => ({ allowed: true })));
    const landed: { name: string; version: string; flipped: boolean }[] = [];
    const held = async (method: string, name: string, body: object, type?: string): Promise<void> => {
      const path = attempt.path("v1", method === "POST" ? "" : name);
      const { status } = await world.client.send(method, path, body, type).catch(() => ({ status: 0 }));
      if (status < 200 || status > 299) return; // not acknowledged: timed out or unserved
      const [entries, { spec }] = await Promise.all([world.stored(group, "helds"), attempt.definition()]);
      const flipped = (spec.versions as Version[]).some(({ name, storage }) => name === "v2" && storage);
      landed.push({ name, version: entries[`default/${name}`] ?? "", flipped });
    };
    let done = false;
    const acknowledge = [{ check: "version-in-use", path: "v1", reason: "its writers go on until v1 answers 404" }];
    const running = settled(stack.up(attempt.args(["v2"], { acknowledge })).finally(() => (done = true)));
    const requests: Promise<void>[] = [];
    for (let index = 0; !done; index++) {
      requests.push(held("POST", `held-${index}`, attempt.object("v1", `held-${index}`, { hostPort: "held:1" })));
      requests.push(held("PATCH", `old-${index % 60}`, { hostPort: `held:${index}` }, MERGE));
      await pause(400);
    }
    await Promise.all(requests);
    expect(await running).toBe("");
    // Or it was no attempt: some landed in the old version although storage had flipped.
    expect(landed.filter(({ version, flipped }) => version === v1 && flipped).length).toBeGreaterThan(0);
    expect([await attempt.versions(), await attempt.stored()]).toEqual([["v2"], [v2]]);
    const names = (await attempt.items("v2")).map(({ metadata }) => metadata.name);
    expect(names).toEqual(expect.arrayContaining(landed.map(({ name }) => name)));
  });

  test("under writers and readers of both versions, server-side apply and a foreign migration nothing acknowledged is lost", async () => {
    const [attempt, stack] = await begin("busies", 200);
    const { client } = world;
    const apply = (version: string, manager: string, rest: object) =>
      client.send(
        "PATCH",
        `${attempt.path(version, "applied")}?fieldManager=${manager}`,
        attempt.object(version, "applied", rest),
        "application/apply-patch+yaml",
      );
    const team = (name: string): object => ({ metadata: { name: "applied", labels: { team: name } } });
    await apply("v1", "alice", { hostPort: "alice:1" });
    await apply("v1", "bob", team("bob"));
    await client.mergePatch(attempt.path("v1", "old-0"), { metadata: { finalizers: ["example.com/hold"] } });
    await client.delete(attempt.path("v1", "old-0"));
    await stack.up(attempt.args(["v1", "v2"], { stopAfter: "serve" }));

    let done = false;
    let dropping = false;
    const failures: string[] = [];
    const acknowledged = new Map<string, string>();
    const ask = async (method: string, version: string, name: string, body?: object): Promise<boolean> => {
      const type = method === "PATCH" ? MERGE : undefined;
      const { status, body: answer } = await client
        .send(method, attempt.path(version, name), body, type)
        .catch((error: Error) => ({ status: 0, body: error.message }));
      const isUnserved = dropping && version === "v1" && status === 404;
      // "storage is (re)initializing", with Retry-After, for a moment after every edit of a CRD: Kubernetes' own.
      const isListedAgain = method === "GET" && name === "" && status === 429;
      const isDone = status >= 200 && status < 300;
      if (!isDone && !isUnserved && !isListedAgain)
        failures.push(`${method} ${version} ${name}: ${status} ${JSON.stringify(answer)}`);
      return isDone;
    };
    const fields = (version: string, value: number): object =>
      version === "v1" ? { hostPort: `w:${value}` } : { host: "w", port: `${value}` };
    const worker = async (turn: (count: number, version: string) => Promise<unknown>): Promise<void> => {
      for (let count = 0; !done; count++) {
        await turn(count, count % 2 === 0 ? "v1" : "v2");
        await pause(60);
      }
    };
    const create = async (name: string, count: number, version: string): Promise<void> => {
      const isCreated = await ask("POST", version, "", attempt.object(version, name, fields(version, count)));
      if (isCreated) acknowledged.set(name, `${count}`);
    };
    const workers = [
      worker(async (count, version) => {
        if (await ask("PATCH", version, "old-7", fields(version, count))) acknowledged.set("old-7", `${count}`);
      }),
      worker((count, version) => create(`new-${count}`, count, version)),
      worker(async (count, version) => {
        if (acknowledged.has("churn") && (await ask("DELETE", "v2", "churn"))) acknowledged.delete("churn");
        await create("churn", count, version);
      }),
      worker((_count, version) => ask("GET", version, "")),
      worker((_count, version) => ask("GET", version, "old-3")),
    ];
    const foreign = attempt.atWork("migrate").then(() =>
      client.post(`/apis/storagemigration.k8s.io/${STORAGE_MIGRATION}/storageversionmigrations`, {
        apiVersion: `storagemigration.k8s.io/${STORAGE_MIGRATION}`,
        kind: "StorageVersionMigration",
        metadata: { name: "somebody-else" },
        spec: { resource: { group, resource: "busies", ...(STORAGE_MIGRATION === "v1alpha1" && { version: "v2" }) } },
      }),
    );
    void attempt.atWork("drop").then(() => (dropping = true));
    const acknowledge: Acknowledgement[] = [{ check: "version-in-use", path: "v1", reason: "a test of just that" }];
    const outcome = await settled(stack.up(attempt.args(["v2"], { migrator: "in-tree", acknowledge })));
    done = true;
    await Promise.all([...workers, foreign]);
    expect([outcome, failures]).toEqual(["", []]);
    expect([await attempt.versions(), await attempt.stored()]).toEqual([["v2"], [v2]]);
    for (let index = 0; index < 200; index++) if (index !== 7) acknowledged.set(`old-${index}`, "80");
    acknowledged.set("applied", "1");
    const found = (await attempt.items("v2")).map(({ metadata, port }) => [metadata.name, port]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(acknowledged));

    expect((await apply("v2", "alice", { host: "alice", port: "2" })).status).toBe(200);
    expect((await apply("v2", "dave", team("dave"))).status).toBe(409); // bob's still
    expect((await apply("v2", "bob", {})).body.metadata.labels).toBeUndefined();
    await client.mergePatch(attempt.path("v2", "old-0"), { metadata: { finalizers: [] } });
    expect((await client.send("GET", attempt.path("v2", "old-0"))).status).toBe(404);
  });

  test("someone flips storage back and forth in the middle of migrate: what was created meanwhile is rewritten too", async () => {
    const [attempt, stack] = await begin("flips", 3);
    const flip = async (to: string): Promise<void> => {
      const versions = (await attempt.definition()).spec.versions as Version[];
      await attempt.editDefinition({
        spec: { versions: versions.map((version) => ({ ...version, storage: version.name === to })) },
      });
    };
    const meddling = attempt.atWork("migrate").then(async () => {
      await pause(1_000);
      await flip("v1");
      await pause(1_500); // until the handlers have followed
      await attempt.create("meanwhile");
      const version = (await world.stored(group, "flips"))["default/meanwhile"];
      await flip("v2");
      return version;
    });
    const outcome = await settled(stack.up(attempt.args(["v1", "v2"])));
    expect(await meddling).toBe(v1);
    if (outcome !== "") {
      // Noticed: then v1 is still named, and the next run finishes.
      expect(outcome).toMatch(/changed|disagree/);
      expect(await attempt.storedVersions()).toEqual(["v1", "v2"]);
      expect(await settled(stack.up(attempt.args(["v1", "v2"])))).toBe("");
    }
    expect([await attempt.storedVersions(), await attempt.stored()]).toEqual([["v2"], [v2]]);
    const names = (await attempt.items("v2")).map(({ metadata }) => metadata.name);
    expect(names.sort()).toEqual(["meanwhile", "old-0", "old-1", "old-2"]);
  });

  test("a webhook whose caBundle someone else injected leaves with the last version that needs it", async () => {
    const [attempt, stack] = await begin("bundles", 3);
    const { url, caBundle } = await world.webhook();
    await stack.up(attempt.args(["v1", "v2"], { conversion: { url, caBundle } }));
    const definitionPath = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/bundles.${group}`;
    const injected = { caBundle: Buffer.from(`${caBundle}\n`).toString("base64") };
    const spec = { conversion: { webhook: { clientConfig: injected } } };
    await world.client.send("PATCH", `${definitionPath}?fieldManager=cainjector`, { spec }, MERGE);
    expect(await settled(stack.up({ crd: crdOf("bundles", ["v2"]), migrator: "direct" }))).toBe("");
    expect((await attempt.definition()).spec.conversion).toEqual({ strategy: "None" });
    expect([await attempt.versions(), await attempt.stored()]).toEqual([["v2"], [v2]]);
  });

  test("admission that forbids one rewrite after the rehearsal: no prune, no drop; allowed again, the next `up` finishes", async () => {
    const [attempt, stack] = await begin("forbids", 3);
    await stack.up(attempt.args(["v1", "v2"], { stopAfter: "store" }));
    const status = { code: 403, reason: "Forbidden", message: "frozen" };
    await attempt.admission((name, _user, dryRun) => ({ allowed: dryRun || name !== "old-2", status }));
    const outcome = await settled(stack.up(attempt.args(["v1", "v2"])));
    expect(outcome).toMatch(/1 of 3 objects could not be rewritten.*old-2.*frozen/s);
    expect([await attempt.versions(), await attempt.storedVersions()]).toEqual([
      ["v1", "v2"],
      ["v1", "v2"],
    ]);
    await attempt.noAdmission();
    expect(await settled(stack.up(attempt.args(["v2"])))).toBe("");
    expect([await attempt.versions(), await attempt.stored()]).toEqual([["v2"], [v2]]);
  });

  test("the conversion webhook dies in the middle of migrate: no prune, no drop; back again, the next `up` finishes", async () => {
    const [attempt, stack] = await begin("deaths", 60);
    let dead = false;
    const conversion = await world.webhook({
      convert: (object, to) => {
        if (dead) throw new Error("the webhook is dying");
        return convert(object, to);
      },
    });
    const dying = attempt.atWork("migrate").then(() => (dead = true));
    const outcome = await settled(stack.up(attempt.args(["v2"], { conversion })));
    await dying;
    expect(outcome).toMatch(/the webhook is dying/);
    expect([await attempt.versions(), await attempt.storedVersions()]).toEqual([
      ["v1", "v2"],
      ["v1", "v2"],
    ]);
    dead = false;
    expect(await settled(stack.up(attempt.args(["v2"], { conversion })))).toBe("");
    expect([await attempt.versions(), await attempt.stored()]).toEqual([["v2"], [v2]]);
    expect(await attempt.items("v2")).toHaveLength(60);
  });
});
