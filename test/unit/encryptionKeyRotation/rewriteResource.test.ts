import { proveResources } from "../../../components/encryptionKeyRotation/proof/prove";
import { ResourceRewrite, type Rewritten } from "../../../components/encryptionKeyRotation/proof/rewriteResource";
import type { KeyedResource } from "../../../components/encryptionKeyRotation/proof/rotatedResources";
import { type Settled, SettledServers } from "../../../components/encryptionKeyRotation/proof/settledServers";
import {
  DefinitionMovedUnderway,
  WRITES_A_LOOK,
} from "../../../components/encryptionKeyRotation/proof/unmovedDefinition";
import type { ApiRequest } from "../../../components/kubernetes/api";
import { MOST_AT_ONCE } from "../../../components/migration/rewrite/pace";
import { manifest, schema, version, withStored } from "../fixtures";

const MIGRATIONS = "/apis/storagemigration.k8s.io";
const OBJECTS = 1_200;
const NAME = "databases.example.com";
const ofV1 = manifest(version("v1 storage", schema("host", "port")), version("v2", schema("host")));
const ofV2 = manifest(version("v1", schema("host", "port")), version("v2 storage", schema("host")));

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** A CRD, and objects that each PATCH writes; `onPatch` is told how many came before. */
function serverOf(onPatch: (nth: number) => void = () => undefined) {
  const state = {
    live: withStored(ofV1, "v1"),
    generation: 1,
    patched: [] as string[],
    asked: new Set<string>(),
    migrations: [] as object[],
    deleted: [] as string[],
    /** Of the last PATCH. */
    signal: undefined as AbortSignal | undefined,
  };
  const call = async ({ method, path, query, signal, body }: ApiRequest): Promise<unknown> => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    state.asked.add(path);
    if (path.startsWith(MIGRATIONS)) return answerOfMigrations(state, method, path, body);
    if (path.endsWith(`customresourcedefinitions/${NAME}`)) {
      const { live, generation } = state;
      return { ...live, metadata: { ...live.metadata, uid: "u", generation } };
    }
    const metadata = (name: string, resourceVersion: string) => ({
      metadata: { name, namespace: "n", resourceVersion },
    });
    if (method === "PATCH") {
      state.signal = signal;
      onPatch(state.patched.length);
      state.patched.push(path);
      return metadata(path.split("/").at(-1) ?? "", "2");
    }
    const isPatched = (nth: number): boolean => state.patched.some((each) => each.endsWith(`/o-${nth}`));
    const limit = Number(query?.["limit"]) === 1 ? 1 : OBJECTS;
    const items = Array.from({ length: limit }, (_, nth) => metadata(`o-${nth}`, isPatched(nth) ? "2" : "1"));
    return { metadata: { resourceVersion: "1", remainingItemCount: OBJECTS - limit }, items };
  };
  return { state, cluster: { call } as never };
}

/** Each runs for ever. */
function answerOfMigrations(
  { migrations, deleted }: { migrations: object[]; deleted: string[] },
  method: string,
  path: string,
  body: unknown,
): object {
  if (path === MIGRATIONS) return { versions: [{ version: "v1" }] };
  if (method === "POST") {
    const { metadata, ...rest } = body as { metadata: object };
    migrations.push({ metadata: { ...metadata, name: "asked" }, ...rest });
  }
  if (method === "DELETE") deleted.push(path.split("/").at(-1) ?? "");
  return path.endsWith("/storageversionmigrations") && method === "GET" ? { items: migrations } : (migrations[0] ?? {});
}

const resource = {
  ...{ group: "example.com", version: "v1", plural: "databases", name: NAME, inTree: true, aggregated: [] },
  ...{ writeKey: "secretbox:key1", crd: { name: NAME, served: ["v1", "v2"] } },
} satisfies KeyedResource;
const agreed = { isOfEveryServer: true, keyIds: {}, evidence: [], reported: { servers: [], missing: [] } };
const work = { report: () => undefined, signal: new AbortController().signal };

async function passOf(rewrite: ResourceRewrite, waitMs = 0): Promise<unknown> {
  const waited = new Promise<number>((resolve) => setTimeout(() => resolve(0), waitMs));
  const running = rewrite.pass(agreed as unknown as Settled, waited, work).catch((error: unknown) => error);
  await jest.advanceTimersByTimeAsync(600_000);
  return running;
}
const rewriteOf = (cluster: never, of: KeyedResource = resource, migrator: "in-tree" | "direct" = "direct") =>
  new ResourceRewrite(cluster, "", of, "", migrator);

test("a CRD that stands still: every object is rewritten, once", async () => {
  const { state, cluster } = serverOf();
  expect(await passOf(rewriteOf(cluster), 60_000)).toMatchObject({ proof: { objects: OBJECTS }, how: "directly" });
  expect(new Set(state.patched).size).toBe(OBJECTS);
});

test.each([
  ["ahead", 60_000],
  ["in the pass that counts", 0],
])(
  "whose storage version moves while its objects are rewritten %s: stopped, then refused with what to look at",
  async (_, waitMs) => {
    const { state, cluster } = serverOf((nth) => {
      if (nth === 300) Object.assign(state, { live: withStored(ofV2, "v1", "v2"), generation: 2 });
    });
    const rewrite = rewriteOf(cluster);
    expect(await passOf(rewrite, waitMs)).toBeInstanceOf(DefinitionMovedUnderway);
    const sent = state.patched.length;
    expect(sent - 300).toBeLessThanOrEqual(WRITES_A_LOOK + MOST_AT_ONCE);
    expect(String(await passOf(rewrite))).toMatch(
      /v2's schema lacks \.spec\.port of it:\n +look at what was rewritten just when the CRD was changed: n\/o-/,
    );
    expect(state.patched).toHaveLength(sent);
    expect(state.signal?.aborted).toBe(true);
  },
);

test("that moves during the wait is met before the pass that counts", async () => {
  const { state, cluster } = serverOf();
  setTimeout(() => Object.assign(state, { live: withStored(ofV2, "v1", "v2"), generation: 2 }), 50_000);
  const rewrite = rewriteOf(cluster);
  expect(await passOf(rewrite, 60_000)).toBeInstanceOf(DefinitionMovedUnderway);
  expect(state.patched).toHaveLength(OBJECTS); // ahead
});

test("that is changed otherwise: the next pass goes through what is the storage version then, and tells what to look at", async () => {
  const { state, cluster } = serverOf((nth) => {
    if (nth === 300)
      Object.assign(state, { live: withStored(manifest("v1", "v2 storage"), "v1", "v2"), generation: 2 });
  });
  const rewrite = rewriteOf(cluster);
  expect(await passOf(rewrite)).toBeInstanceOf(DefinitionMovedUnderway);
  const before = state.patched.length;
  const how = expect.stringMatching(/directly; look at what was rewritten .*: n\/o-/) as string;
  expect(await passOf(rewrite)).toMatchObject({ proof: { objects: OBJECTS }, how });
  expect(state.patched.slice(before).every((path) => path.startsWith("/apis/example.com/v2/"))).toBe(true);
});

test("a StorageVersionMigration that was asked for is taken back, and the next pass asks for none", async () => {
  const { state, cluster } = serverOf((nth) => {
    if (nth === 300) Object.assign(state, { live: withStored(manifest("v1 storage", "v2"), "v1"), generation: 2 });
  });
  const only = { ...resource, crd: { name: NAME, served: ["v1"] } };
  state.live = withStored(manifest("v1 storage", "v2 unserved"), "v1");
  const rewrite = rewriteOf(cluster, only, "in-tree");
  expect(await passOf(rewrite, 60_000)).toBeInstanceOf(DefinitionMovedUnderway);
  expect(state).toMatchObject({ migrations: [{}], deleted: ["asked"] });
  const how = expect.stringMatching(/^directly, since its CRD was changed meanwhile; /) as string;
  expect(await passOf(rewrite)).toMatchObject({ how });
});

test("no CRD: nothing is looked at", async () => {
  const { state, cluster } = serverOf();
  const { crd: _, ...builtIn } = resource;
  await passOf(rewriteOf(cluster, builtIn));
  expect([...state.asked].filter((path) => path.includes("customresourcedefinitions"))).toEqual([]);
});

describe("what is proven", () => {
  beforeEach(() => {
    const settled = { agreed: agreed as unknown as Settled, waited: Promise.resolve(0) };
    jest.spyOn(SettledServers.prototype, "settle").mockResolvedValue(settled);
    jest.spyOn(SettledServers.prototype, "unchanged").mockResolvedValue(true);
  });
  afterEach(() => void jest.restoreAllMocks());

  const proofsOf = async (cluster: never): Promise<unknown> => {
    const proofs: unknown[] = [];
    const given = { sha256: "", resources: [resource], migrator: "direct", requestTimeoutSeconds: 1 } as const;
    const proven = ({ proof }: Rewritten): Promise<void> => Promise.resolve(void proofs.push(proof));
    const running = proveResources(cluster, { ...given, decommissioned: [] }, proven, work).then(
      () => proofs,
      (error: Error) => ({ proofs, message: error.message }),
    );
    await jest.advanceTimersByTimeAsync(600_000);
    return running;
  };

  test("nothing by a pass whose CRD moves; refused by the next one where it knows less, proven where it does not", async () => {
    const less = serverOf((nth) => {
      if (nth === 300) Object.assign(less.state, { live: withStored(ofV2, "v1", "v2"), generation: 2 });
    });
    const message = expect.stringMatching(/schema lacks \.spec\.port/) as string;
    expect(await proofsOf(less.cluster)).toEqual({ proofs: [], message });
    const other = serverOf((nth) => {
      if (nth === 300) other.state.generation = 2;
    });
    expect(await proofsOf(other.cluster)).toMatchObject([{ resource: NAME, objects: OBJECTS }]);
  });

  test("nothing where it moves again and again", async () => {
    const { state, cluster } = serverOf(() => void state.generation++);
    const message = expect.stringMatching(/or a CRD changed during each of 3 passes/) as string;
    expect(await proofsOf(cluster)).toEqual({ proofs: [], message });
  });
});
