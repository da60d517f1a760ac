import { rightsForMigration } from "../../components/kubernetes/rights/migrationRights";
import { OUTLIVED_ANNOTATION, PROOF_ANNOTATION } from "../../components/crd/names";
import { define, live, objectsPath, type Ran, startBin, stored } from "./othersCrds";
import { type Attempt, crdOf, group, type LossWorld, MERGE, pause, settled, startLossWorld } from "./lossWorld";

jest.setTimeout(200_000);

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const others = "net.example.com";
const requestTimeoutSeconds = 3;

let world: LossWorld;
beforeAll(async () => {
  world = await startLossWorld(["rescues", "ghosts", "lones"]);
});
afterAll(() => world.end());

/** Somebody helps a CRD that does not go by taking its finalizer off: its objects stay in etcd. */
async function goes(crd: string): Promise<void> {
  const { client } = world;
  await client.delete(`${definitions}/${crd}`);
  await pause(1_500);
  await client.send("PATCH", `${definitions}/${crd}`, { metadata: { finalizers: null } }, MERGE);
  while ((await client.send("GET", `${definitions}/${crd}`)).status !== 404) await pause(100);
  await pause(1_500);
}

const held = { name: "old", finalizers: ["example.com/hold"] };

/** An object in v1 of a CRD that is gone. */
async function outlived(attempt: Attempt): Promise<void> {
  const { client } = world;
  await client.post(definitions, crdOf(attempt.plural, ["v1"]));
  while ((await client.send("GET", attempt.path("v1"))).status !== 200) await pause(100);
  await client.post(attempt.path("v1"), { ...attempt.object("v1", "old", { hostPort: "host:80" }), metadata: held });
  await goes(`${attempt.plural}.${group}`);
  expect(await attempt.stored()).toEqual([`${group}/v1`]);
}

async function annotationsOf(attempt: Attempt): Promise<string[]> {
  return Object.keys((await attempt.definition()).metadata.annotations ?? {});
}

describe("a rollout proves anew, and drops nothing before it has", () => {
  test("T1 a version that somebody took out too early is brought back: what is stored in it is rewritten", async () => {
    const attempt = world.attempt("rescues");
    const stack = await world.stack("rescues");
    await stack.up(attempt.args(["v1"]));
    await attempt.createMany(2);
    const [old, next] = (crdOf("rescues", ["v1", "v2"]) as unknown as { spec: { versions: object[] } }).spec.versions;
    const definition = `${definitions}/rescues.${group}`;
    await attempt.editDefinition({ spec: { versions: [old, next] } });
    await world.client.send("PATCH", `${definition}/status`, { status: { storedVersions: ["v2"] } }, MERGE);
    await attempt.editDefinition({ spec: { versions: [next] } });
    const args = attempt.args(["v1", "v2"], { requestTimeoutSeconds });
    const refused = await settled(stack.up(args));
    const manager = /takeOverFrom: \["([^"]+)"\]/.exec(refused)?.[1] ?? "";
    await stack.up({ ...args, takeOverFrom: [manager] });
    expect(await attempt.stored()).toEqual([`${group}/v2`]);
    expect(await attempt.items("v2")).toMatchObject([{ port: "80" }, { port: "80" }]);
    expect(await annotationsOf(attempt)).not.toContain(OUTLIVED_ANNOTATION);
  });

  test("T2 a CRD made anew with two versions and a webhook: objects from before it are rewritten before v1 goes", async () => {
    const attempt = world.attempt("ghosts");
    await outlived(attempt);
    const stack = await world.stack("ghosts");
    await stack.up(attempt.args(["v1", "v2"], { requestTimeoutSeconds, stopAfter: "serve" }));
    expect(await annotationsOf(attempt)).toContain(OUTLIVED_ANNOTATION);
    await stack.up(attempt.args(["v2"], { requestTimeoutSeconds }));
    expect(await attempt.versions()).toEqual(["v2"]);
    expect(await attempt.items("v2")).toMatchObject([{ metadata: { name: "old" }, port: "80" }]);
    expect(await attempt.stored()).toEqual([`${group}/v2`]);
    expect(await annotationsOf(attempt)).not.toContain(OUTLIVED_ANNOTATION);
  });

  test("T3 one made anew without the version of its objects: it stops and says so, each time, until the version is back", async () => {
    const attempt = world.attempt("lones");
    await outlived(attempt);
    const stack = await world.stack("lones");
    const args = { requestTimeoutSeconds };
    expect(await settled(stack.up(attempt.args(["v2"], args)))).toMatch(/objects stored as v1, which the CRD does not/);
    expect(await settled(stack.up(attempt.args(["v2"], args)))).toMatch(/cannot list the objects.*\/v1/s);
    await stack.up(attempt.args(["v1", "v2"], { requestTimeoutSeconds }));
    expect(await attempt.stored()).toEqual([`${group}/v2`]);
    expect(await attempt.items("v2")).toMatchObject([{ metadata: { name: "old" }, port: "80" }]);
  });
});

describe("the command, with conversion None", () => {
  const spirits = `spirits.${others}`;
  let kubeconfig: string;
  const run = (...args: string[]): Promise<Ran> => startBin(kubeconfig, ...args).ended;
  const migrate = (): Promise<Ran> =>
    run("migrate", spirits, "--yes", "--migrator", "direct", "--request-timeout-seconds", "3");

  beforeAll(async () => {
    kubeconfig = await world.cluster.userKubeconfig("night-shift", rightsForMigration([`*.${others}`]));
    await define(world.cluster, spirits, { versions: ["v1"], storage: "v1" });
    const { kind } = (await live(world.cluster, spirits)).spec.names;
    const object = { apiVersion: `${others}/v1`, kind, metadata: held, spec: { size: 1 } };
    await world.client.post(objectsPath(spirits, "v1"), object);
    await goes(spirits);
  });

  test("T4 a CRD made anew without the version of its objects is not one with nothing to do", async () => {
    await define(world.cluster, spirits, { versions: ["v2"], storage: "v2" });
    const { code, out, err } = await migrate();
    expect(code).not.toBe(0);
    expect(out + err).toMatch(/spirits\.net\.example\.com: the API server cannot list the objects/);
    await goes(spirits);
  });

  test("T5 nor is one with both: its objects are older than it, and they are rewritten and proven", async () => {
    await define(world.cluster, spirits, { versions: ["v1", "v2"], storage: "v2" });
    expect((await run("status", spirits)).out).toMatch(/migrate/);
    const { code, err } = await migrate();
    expect(`${code} ${err}`).toMatch(/^0 /);
    expect(await stored(world.cluster, spirits)).toEqual({ v2: 1 });
    const { annotations = {} } = (await live(world.cluster, spirits)).metadata;
    expect(Object.keys(annotations)).toEqual([PROOF_ANNOTATION]);
    expect((await migrate()).out).toMatch(/nothing to do/);
    expect((await run("status", spirits)).out).not.toMatch(/migrate/);
  });
});
