import * as fs from "fs";
import * as path from "path";
import { awaitAgreementBeforeEdit } from "../../components/encryptionKeyRotation/edit/awaitAgreementBeforeEdit";
import { Cluster } from "../../components/kubernetes/cluster";
import { everyResource } from "../../components/kubernetes/everyResource";
import { WRITES_A_LOOK } from "../../components/encryptionKeyRotation/proof/unmovedDefinition";
import { MOST_AT_ONCE } from "../../components/migration/rewrite/pace";
import { commandOf, descendants } from "../../local/descendants";
import { startAdmission, webhookConfiguration } from "./admission";
import { AggregatedApi } from "./aggregatedApi";
import { createKept, define, objectsPath, pathOf, pause, specOfKept } from "./othersCrds";
import { configured, createSecrets, prefixes, sha256 } from "./rotationBench";
import { exitCode, RotationProgram } from "./rotationProgram";
import { startRotationWorld, type RotationStack, type RotationWorld } from "./rotationWorld";

jest.setTimeout(300_000);

const group = "gadgets.example.com";
const shared = "shared.example.com";
const gizmos = `gizmos.${shared}`;
const relics = `relics.${shared}`;
const tokens = `tokens.${group}`;
const trifles = `trifles.${group}`;
const widgets = `widgets.${group}`;
/** Enough to be rewritten ahead, and for the CRD to move in the middle of that. */
const WIDGETS = 1_500;
/** What one look at the CRD lets through, and what is under way beside it. */
const EXPOSED = WRITES_A_LOOK + MOST_AT_ONCE;
/** What only v1 knows, a rewrite through v2 drops. */
const fields = { v1: ["both", "onlyV1"], v2: ["both"] };
const spec = { both: "both", onlyV1: "only v1 knows it" };
const key = (name: string): object => ({
  secretbox: { keys: [{ name, secret: Buffer.alloc(32, name.at(-1)).toString("base64") }] },
});

/** Objects that a rotation could lose without a server that misbehaves. */
describe("tries to lose an object by a rotation", () => {
  let world: RotationWorld;

  beforeAll(async () => {
    const text = configured(
      { resources: ["secrets"], providers: [key("key1")] },
      { resources: [`*.${shared}`], providers: [key("key1"), { identity: {} }] },
    );
    world = await startRotationWorld({ encryption: { text } }, ["secrets", tokens, trifles, widgets, `*.${shared}`]);
  });
  afterAll(() => world.end());

  describe("of a custom resource", () => {
    test("whose preferred version knows less than the storage version: rewritten through that one, and by no StorageVersionMigration", async () => {
      await define(world.cluster, tokens, { versions: ["v1", "v2"], storage: "v1", fields });
      await createKept(world.cluster, tokens, "v1", spec);
      const stack = await world.stack("preferred", {});
      const run = await stack.up({ resources: [tokens], keys: { write: "key2" }, stopAfter: "migrate" });
      expect(run.plans["migrate"]).toEqual([
        `identity → secretbox:key2: rewrite every object of ${tokens} directly (a StorageVersionMigration would convert through v2)`,
      ]);
      expect(await specOfKept(world.cluster, tokens, "v1")).toEqual(spec);
      expect(await prefixes(world.cluster, `/registry/${group}/tokens/`)).toEqual({ "k8s:enc:secretbox:v1:key2:": 1 });
    });

    test("whose storage version has moved, and knows less: refused with the field, until its objects are migrated", async () => {
      await define(world.cluster, trifles, { versions: ["v1"], storage: "v1", fields });
      await createKept(world.cluster, trifles, "v1", spec);
      await define(world.cluster, trifles, { versions: ["v1", "v2"], storage: "v2", fields });
      const stack = await world.stack("moved");
      const refusal = await stack.refused(stack.up({ resources: [trifles], keys: { write: "key4" } }));
      expect(refusal).toMatch(
        new RegExp(
          `${trifles}: objects may be stored in v1, and v2's schema lacks .spec.onlyV1 of it.*migrate ${trifles}`,
          "s",
        ),
      );
      expect(await specOfKept(world.cluster, trifles, "v1")).toEqual(spec);
    });
  });

  test("whose storage version moves while it is rewritten, and knows less: stopped, and refused with the field", async () => {
    const { cluster } = world;
    const create = (nth: number): Promise<unknown> =>
      cluster.client.post(objectsPath(widgets, "v1"), {
        apiVersion: `${group}/v1`,
        kind: "Widget",
        metadata: { name: `w-${nth}` },
        spec,
      });
    const defineStored = (storage: string) => define(cluster, widgets, { versions: ["v1", "v2"], storage, fields });
    await defineStored("v1");
    for (let at = 0; at < WIDGETS; at += 50)
      await Promise.all(Array.from({ length: 50 }, (_, index) => create(at + index)));
    const args = { resources: [widgets], keys: { write: "key7" } };
    const stack = await world.stack("moving");
    await stack.up({ ...args, stopAfter: "promote" });
    const refused = stack.refused(stack.up({ ...args, stopAfter: "migrate" }));
    const stored = `/registry/${group}/widgets/`;
    while (!("k8s:enc:secretbox:v1:key7:" in (await prefixes(cluster, stored)))) await pause(50);
    await defineStored("v2");
    expect(await refused).toMatch(/objects may be stored in v1, and v2's schema lacks .spec.onlyV1 of it/);
    await pause(2_000); // its cache is filled anew
    const { items } = (await cluster.client.get(objectsPath(widgets, "v1"))) as { items: { spec: object }[] };
    expect(items).toHaveLength(WIDGETS);
    const lost = items.filter((each) => !("onlyV1" in each.spec));
    expect(lost.length).toBeLessThanOrEqual(EXPOSED);
    expect((await prefixes(cluster, stored))["k8s:enc:secretbox:v1:key7:"]).toBeLessThan(WIDGETS);
  });

  test("a wildcard, and an aggregated API that serves the newer version of the CRD's group: the CRD's objects are rewritten", async () => {
    const cluster = await Cluster.connect({ kubeconfig: world.cluster.kubeconfig });
    await define(world.cluster, gizmos, { versions: ["v1"], storage: "v1" });
    await createKept(world.cluster, gizmos, "v1", spec);
    const api = await AggregatedApi.register(world.cluster, { group: shared, version: "v2", plural: "gizmos" });
    try {
      await api.answer(async () =>
        (await everyResource(cluster)).listable.some(({ plural, version }) => plural === "gizmos" && version === "v2"),
      );
      const stack = await world.stack("aggregated");
      await stack.up({ resources: [`*.${shared}`], keys: { write: "key5" }, stopAfter: "migrate" });
      expect(await prefixes(world.cluster, `/registry/${shared}/gizmos/`)).toEqual({ "k8s:enc:secretbox:v1:key5:": 1 });
      expect(await specOfKept(world.cluster, gizmos, "v1")).toEqual(spec);
    } finally {
      await api.end();
    }
  });

  test("a wildcard, and a CRD that is being deleted: its object, which waits for its finalizer, is rewritten", async () => {
    const { client } = world.cluster;
    const cluster = await Cluster.connect({ kubeconfig: world.cluster.kubeconfig });
    await define(world.cluster, relics, { versions: ["v1"], storage: "v1" });
    await createKept(world.cluster, relics, "v1", spec, { finalizers: ["example.com/kept"] });
    await client.delete(pathOf(relics));
    const isShownPatchable = async (): Promise<boolean> =>
      (await everyResource(cluster)).listable.some(
        ({ plural, verbs }) => plural === "relics" && verbs.includes("patch"),
      );
    while (await isShownPatchable()) await pause(100);
    const stack = await world.stack("deleted");
    await stack.up({ resources: [`*.${shared}`], keys: { write: "key8" } });
    expect(await prefixes(world.cluster, `/registry/${shared}/relics/`)).toEqual({ "k8s:enc:secretbox:v1:key8:": 1 });
    expect(await specOfKept(world.cluster, relics, "v1")).toEqual(spec);
    // What its finalizer waits for is done, and the CRD goes.
    await client.mergePatch(`${objectsPath(relics, "v1")}/kept`, { metadata: { finalizers: null } });
    while ((await client.send("GET", pathOf(relics))).status !== 404) await pause(100);
  });

  describe("whose file is lost while the API server runs with it", () => {
    const args = { keys: { write: "key6" }, stopAfter: "distribute" } as const;
    let stack: RotationStack;
    let text: string;
    const file = (): string => world.targets[0]?.file ?? "";
    const lost = /hold no file, or an empty one, and API server .* runs with sha256:[^]*next: +put that file back/;

    beforeAll(async () => {
      await createSecrets(world.cluster, 3);
      stack = await world.stack("lost");
      text = fs.readFileSync(file(), "utf8");
    });
    afterAll(() => {
      fs.writeFileSync(file(), text, { mode: 0o600 });
    });

    test("emptied: preview refuses", async () => {
      fs.truncateSync(file());
      expect(await stack.refused(stack.preview(args))).toMatch(lost);
    });

    test("removed: nothing is written, and every object reads", async () => {
      fs.rmSync(file());
      expect(await stack.refused(stack.up(args))).toMatch(lost);
      expect(fs.existsSync(file())).toBe(false);
      expect((await world.cluster.client.get("/api/v1/namespaces/default/secrets")).items).toHaveLength(3);
    });

    test("between preview and the run: that one refuses, too", async () => {
      const cluster = await Cluster.connect({ kubeconfig: world.cluster.kubeconfig });
      const work = { cluster, report: () => undefined, signal: new AbortController().signal };
      const live = { text: "", sha256: sha256(""), configuration: { entries: [] } };
      const inputs = { decommissionedServers: [], recordIn: "kube-system" };
      await expect(awaitAgreementBeforeEdit(inputs as never, work as never, live)).rejects.toThrow(lost);
    });

    test("back again: the rotation goes on", async () => {
      fs.writeFileSync(file(), text, { mode: 0o600 });
      await stack.up(args);
      expect(fs.readFileSync(file(), "utf8")).toMatch(/key1.*key6/s);
    });
  });

  /** As a laptop that sleeps, or a machine that is moved: the lock runs out, and another rotation comes and goes. */
  test("a run that stands still while it writes the file: going on, it leaves alone what another one has written, and every object reads", async () => {
    const file = world.targets[0]?.file ?? "";
    const hold = path.join(world.dir, "hold");
    const program = await RotationProgram.create(world);
    // Slow, as over a bad line.
    const write = `cat > "$0.next"; touch "$1.here"; while [ -e "$1" ]; do sleep 0.1; done; mv "$0.next" "$0"`;
    program.configure({
      resources: ["secrets"],
      keys: { write: "keya" },
      stopAfter: "distribute",
      targets: [{ commands: { read: ["cat", file], write: ["sh", "-c", write, file, hold] } }],
      kubeconfig: world.cluster.kubeconfig,
      migrator: "direct",
      requestTimeoutSeconds: 3,
      compactionIntervalSeconds: 2,
    });
    fs.writeFileSync(hold, "");
    const running = program.start("up", "--yes", "--skip-preview");
    const ended = exitCode(running);
    while (!fs.existsSync(`${hold}.here`) && running.exitCode === null) await pause(50);
    // Its own processes, not the program that writes.
    const pids = [running.pid ?? 0, ...descendants(running.pid ?? 0)].filter(
      (pid) => !/^sleep|\.here/.test(commandOf(pid)),
    );
    for (const pid of pids) process.kill(pid, "SIGSTOP");
    fs.rmSync(hold);
    while (!fs.readFileSync(file, "utf8").includes("keya")) await pause(50);
    const stack = await world.stack("other");
    await stack.up({ keys: { write: "keyb" } });
    for (const pid of pids) process.kill(pid, "SIGCONT");
    await ended;
    expect(Object.keys(await prefixes(world.cluster))).toEqual(["k8s:enc:secretbox:v1:keyb:"]);
    // Without it no API server reads one of them, nor starts.
    expect(fs.readFileSync(file, "utf8")).toContain("keyb");
  });

  /** Two writes in one second are alike to it, and the next second makes another one of each. */
  test("a mutating webhook stamps each write with the time, to the second: the rotation ends", async () => {
    const { client } = world.cluster;
    let asked = 0;
    const stamper = await startAdmission({
      secrets: () => {
        asked++;
        const value = { written: new Date().toISOString().replace(/\.\d+/, "") };
        const patch = JSON.stringify([{ op: "add", path: "/metadata/annotations", value }]);
        return { allowed: true, patchType: "JSONPatch", patch: Buffer.from(patch).toString("base64") };
      },
    });
    const webhooks = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
    const [webhook] = webhookConfiguration({ group: "", plural: "secrets" }, stamper).webhooks;
    await client.post(webhooks, { metadata: { name: "stamper" }, webhooks: [{ ...webhook, name: "a.stamper.local" }] });
    for (let nth = 0; asked === 0; nth++) {
      await createSecrets(world.cluster, 1, `asked-${nth}`);
      await pause(100);
    }
    const stack = await world.stack("stamped");
    const up = stack.up({ keys: { write: "keyc" } }).then(
      () => "it ended",
      (error: Error) => error.message,
    );
    const outcome = await Promise.race([up, pause(60_000).then(() => "it goes on and on")]);
    await client.send("DELETE", `${webhooks}/stamper`);
    await up; // without the webhook it ends
    stamper.close();
    expect(outcome).toBe("it ended");
    expect(Object.keys(await prefixes(world.cluster))).toEqual(["k8s:enc:secretbox:v1:keyc:"]);
  });
});
