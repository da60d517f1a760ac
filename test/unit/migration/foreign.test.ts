import type { Definition } from "../../../components/crd/definition";
import { describeMigrationPlans } from "../../../components/command/migrate/describeMigration";
import type { ApiRequest, KubernetesObject } from "../../../components/kubernetes/api";
import type { Cluster } from "../../../components/kubernetes/cluster";
import { ApiError } from "../../../components/kubernetes/errors";
import { afterOthers } from "../../../components/migration/foreign/afterOthers";
import { assertIsResourceNameOrPattern, groupOfResourceName } from "../../../components/kubernetes/resourceNames";
import { isMigrationReady, planMigration } from "../../../components/migration/entries/plannedMigration";
import { decideForeignPlan, type ForeignPlan } from "../../../components/migration/foreign/plan";
import { CRD, manifest, messageOf, withMetadata, withStored } from "../fixtures";

/** A CRD that was edited since it was created: what is stored is not known from its generation. */
const edited = (definition: Definition): Definition => withMetadata(definition, { uid: "u", generation: 3 });
const stale = withStored(edited(manifest("v1", "v2 storage")), "v1", "v2");

const decide = (live: Definition, objects: KubernetesObject[] = [], unreadable?: string): ForeignPlan =>
  decideForeignPlan(live, unreadable === undefined ? {} : { unreadable }, { objects, count: objects.length }, "direct");

const objectWith = (...apiVersions: string[]): KubernetesObject => ({
  metadata: { name: "one", managedFields: apiVersions.map((apiVersion) => ({ manager: "operator", apiVersion })) },
});

describe("what there is to do for a CRD that somebody else manages", () => {
  test("old versions in storedVersions: rewrite, then prune", () => {
    expect(decide(stale)).toMatchObject({
      name: CRD,
      version: "v2",
      rewrites: true,
      plan: [
        "v1 → v2: rewrite every object directly",
        "storedVersions [v1, v2] → [v2]: only once every object is proven rewritten",
      ],
    });
  });

  test.each([
    [
      "one that has not changed since it was created",
      withStored(withMetadata(manifest("v1 storage", "v2"), { generation: 1 }), "v1"),
    ],
    ["one with a single version", withStored(edited(manifest("v2 storage")), "v2")],
  ])("%s: nothing", (_, live) => {
    expect(decide(live)).toMatchObject({ plan: [], rewrites: false });
  });

  test("never edited, and an object is older than it: rewritten; with no older one: nothing", () => {
    const fresh = { generation: 1, uid: "u", creationTimestamp: "2026-11-02T00:00:00Z", resourceVersion: "10" };
    const live = withStored(withMetadata(manifest("v1", "v2 storage"), fresh), "v2");
    const made = (creationTimestamp: string): KubernetesObject => ({
      metadata: { name: "one", creationTimestamp, resourceVersion: "11" },
    });
    expect(decide(live, [made("2026-11-02T00:00:00Z")]).plan).toEqual([]);
    expect(decide(live, [made("2026-11-01T23:59:59Z")]).plan).toEqual([
      "unproven → v2: rewrite every object directly",
      "storedVersions [v2] → [v2]: only once every object is proven rewritten",
    ]);
  });

  test("a single version, and an object in one that is gone: refused", () => {
    const live = withStored(edited(manifest("v2 storage")), "v2");
    const why = 'no kind "Database" is registered for version "example.com/v1"';
    expect(decide(live, [], why).refusal?.what).toMatch(/cannot list the objects/);
  });

  test("managedFields of the sample at a version that is not served, or gone: moved, and nothing else", () => {
    const live = withStored(edited(manifest("v2 storage")), "v2");
    const objects = [objectWith("example.com/v2"), objectWith("example.com/v1", "autoscaling/v1")];
    expect(decide(live, objects)).toMatchObject({
      rewrites: false,
      plan: ["managedFields example.com/v1 → example.com/v2: not served any more"],
      stale: [objects[1]],
    });
  });

  test("managedFields at a version that is served stay", () => {
    expect(decide(stale, [objectWith("example.com/v1")]).plan).toHaveLength(2);
  });
});

describe("what is refused, where there is something to do", () => {
  const owned = withMetadata(stale, { annotations: { "kubernetes-storage-migration/owner": "acme/shop/prod/db" } });
  test.each([
    ["one that a VersionedCRD owns", decide(owned), `${CRD}: belongs to the VersionedCRD acme/shop/prod/db`],
    [
      "one that is being deleted",
      decide(withMetadata(stale, { deletionTimestamp: "2026-01-01T00:00:00Z" })),
      `${CRD}: is being deleted since 2026-01-01T00:00:00Z`,
    ],
    [
      "one whose objects cannot be listed",
      decide(stale, [], "webhook is down"),
      "cannot list the objects that are there: webhook is down",
    ],
    [
      "one whose storage version is not served",
      decide(withStored(edited(manifest("v1", "v2 storage unserved")), "v1", "v2")),
      "the storage version v2 is not served",
    ],
  ])("%s", (_, { refusal }, said) => {
    expect(refusal?.what).toContain(said);
    expect(refusal?.next).toBeDefined();
  });

  test("an owned one that is proven is nothing to speak of", () => {
    const live = withStored(withMetadata(owned, { generation: 1 }), "v2");
    expect(decide(live).refusal).toBeUndefined();
  });
});

test("one whose objects may not be listed is refused by itself, with what to grant; another error is no refusal", async () => {
  const answering = (status: number): Cluster =>
    ({
      call: (request: ApiRequest) =>
        Promise.reject(new ApiError({ what: "not allowed", next: "grant it" }, status, "", "no", request)),
    }) as unknown as Cluster;
  const options = { migrator: "direct", requestTimeoutSeconds: 60, decommissionedServers: [] } as const;
  const plan = await planMigration(answering(403), { definition: stale }, options);
  expect(plan).toMatchObject({ name: CRD, plan: [], refusal: { what: `${CRD}: not allowed`, next: "grant it" } });
  expect(isMigrationReady(plan)).toBe(false);
  expect(describeMigrationPlans([plan], "here")).toContain("cannot be migrated: see below");
  await expect(planMigration(answering(401), { definition: stale }, options)).rejects.toThrow("not allowed");
});

describe("names and patterns", () => {
  test.each(["ciliumnodes.cilium.io", "*.cilium.io", "a-b.c-d.example.com", "secrets", "deployments.apps"])(
    "%s is one",
    (entry) => {
      assertIsResourceNameOrPattern(entry);
    },
  );
  test.each(["*", "*.*", "*nodes.cilium.io", "CiliumNodes.cilium.io", "", "a..b", "a.b/c"])("%j is none", (entry) => {
    expect(messageOf(() => assertIsResourceNameOrPattern(entry))).toContain(`resource ${JSON.stringify(entry)}`);
  });
  test("the group is all after the first dot", () => {
    expect([groupOfResourceName("nodes.net.example.com"), groupOfResourceName("*.net.example.com")]).toEqual([
      "net.example.com",
      "net.example.com",
    ]);
  });
});

describe("two entries of one program that mean the same CRD", () => {
  const work = { cluster: {} as Cluster, report: () => undefined, signal: new AbortController().signal };

  test("one after the other, also where the first fails; another CRD does not wait", async () => {
    const order: string[] = [];
    let endFirst: (error: Error) => void = () => undefined;
    const first = afterOthers(work, "a", () => {
      order.push("first begins");
      return new Promise<void>((_, reject) => (endFirst = reject));
    });
    const second = afterOthers(work, "a", () => Promise.resolve(order.push("second")));
    await afterOthers(work, "b", () => Promise.resolve(order.push("other")));
    expect(order).toEqual(["first begins", "other"]);
    endFirst(new Error("no"));
    await expect(first).rejects.toThrow("no");
    await second;
    expect(order).toEqual(["first begins", "other", "second"]);
  });

  test("interrupted while it waits, it does not begin", async () => {
    const stop = new AbortController();
    let end: () => void = () => undefined;
    const first = afterOthers(work, "c", () => new Promise<void>((resolve) => (end = resolve)));
    const second = afterOthers({ ...work, signal: stop.signal }, "c", () => Promise.resolve("began"));
    stop.abort(new Error("interrupted"));
    await expect(second).rejects.toThrow("interrupted");
    end();
    await first;
  });
});
