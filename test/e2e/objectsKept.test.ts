import type { VersionedCRDArgs } from "../../components";
import type { Client } from "../../local/cluster/client";
import { startWorld, type TestStack, type World } from "./harness";

jest.setTimeout(300_000);

const group = "worlds.example.com";
const HELD = "worlds.example.com/held";

interface Meta {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion?: string;
  managedFields?: unknown;
  deletionTimestamp?: string;
}
interface Item {
  metadata: Meta;
  spec: unknown;
}

/** Two CRDs on one control plane: what is in the cluster's scope, and what is in namespaces. */
describe("whatever an object is named, wherever it is and whatever stands in its metadata, it is kept", () => {
  let world: World;
  let client: Client;

  const stacks: Record<string, TestStack> = {};
  const crdOf = (plural: string, scope: string, ...names: string[]): VersionedCRDArgs => ({
    crd: {
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope,
        names: { plural, kind: plural === "moons" ? "Moon" : "Planet" },
        versions: names.map((name) => ({
          name,
          served: true,
          storage: name === names.at(-1),
          schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
        })),
      },
    },
  });
  const moons = (...names: string[]): VersionedCRDArgs => ({
    ...crdOf("moons", "Namespaced", ...names),
    migrator: "direct",
  });
  const planets = (...names: string[]): VersionedCRDArgs => crdOf("planets", "Cluster", ...names);

  const path = (version: string, plural: string, namespace?: string, name?: string): string =>
    `/apis/${group}/${version}${namespace === undefined ? "" : `/namespaces/${namespace}`}/${plural}` +
    (name === undefined ? "" : `/${name}`);
  const create = (plural: string, namespace: string | undefined, name: string, metadata: object = {}) => {
    const kind = plural === "moons" ? "Moon" : "Planet";
    const object = {
      apiVersion: `${group}/v1`,
      kind,
      metadata: { name, ...metadata },
      spec: { of: namespace ?? name },
    };
    return client.post(path("v1", plural, namespace), object);
  };
  /** Whole objects, but for what each write changes. */
  const kept = async (version: string, plural: string): Promise<object[]> => {
    const { items } = (await client.get(path(version, plural))) as { items: Item[] };
    return items.map(({ metadata: { resourceVersion: _version, managedFields: _owners, ...metadata }, spec }) => ({
      metadata,
      spec,
    }));
  };
  const namespace = (name: string): Promise<unknown> =>
    client.post("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  const until = async (isThere: () => Promise<boolean>): Promise<void> => {
    while (!(await isThere())) await new Promise((resolve) => setTimeout(resolve, 100));
  };
  const isTerminating = async (of: string): Promise<boolean> =>
    ((await client.get(of)) as Item).metadata.deletionTimestamp !== undefined;
  const isGone = async (of: string): Promise<boolean> => (await client.send("GET", of)).status === 404;
  const letGo = (of: string): Promise<unknown> => client.mergePatch(of, { metadata: { finalizers: null } });

  let before: object[];
  const names = ["a", "b.c", "x.y.z-0.1", `${"long.".repeat(50)}end`];

  beforeAll(async () => {
    world = await startWorld(["moons", "planets"].map((plural) => ({ group, plural })));
    ({ client } = world.cluster);
    for (const [plural, args] of Object.entries({ moons: moons("v1"), planets: planets("v1") })) {
      stacks[plural] = await world.stack(plural);
      await stacks[plural].up(args);
    }
  });
  afterAll(() => world.end());

  test("T1 objects of the cluster's scope, with dots in their names, are moved, and all their metadata is as it was", async () => {
    for (const name of names) {
      await create("planets", undefined, name, { labels: { "app.kubernetes.io/name": "planet" }, finalizers: [HELD] });
    }
    before = await kept("v1", "planets");
    expect(before).toHaveLength(names.length);
    const run = await stacks["planets"]?.up(planets("v2"));
    expect(run?.outputs).toMatchObject({ phase: "drop", storedVersions: ["v2"], objectsRewritten: names.length });
    expect(await world.stored(group, "planets")).toEqual(
      Object.fromEntries(names.map((name) => [name, `${group}/v2`])),
    );
    expect(await kept("v2", "planets")).toEqual(before);
  });

  test("T2 once v1 is gone, a refresh finds nothing to do, nor does the preview after it", async () => {
    await stacks["planets"]?.automation.refresh();
    const { operations } = (await stacks["planets"]?.preview(planets("v2"))) ?? {};
    expect(new Set(Object.values(operations ?? {}))).toEqual(new Set(["same"]));
  });

  test("T2b `--target` of serve moves no object; with `--target-dependents` the phases after it run as well", async () => {
    const [stack, next] = [stacks["planets"] as TestStack, planets("v2", "v3")];
    await stack.upOnly(next, "serve");
    expect(new Set(Object.values(await world.stored(group, "planets")))).toEqual(new Set([`${group}/v2`]));
    await stack.upOnly(planets("v3"), "serve", true);
    expect(new Set(Object.values(await world.stored(group, "planets")))).toEqual(new Set([`${group}/v3`]));
    const definition = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/planets." + group;
    expect((await client.get(definition)).status.storedVersions).toEqual(["v3"]);
    expect(await kept("v3", "planets")).toEqual(before);
  });

  test("T3 objects of several namespaces: labels, annotations, generation, finalizers, owners", async () => {
    for (const name of ["far", "near"]) await namespace(name);
    const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "owner" } };
    for (const each of ["default", "far", "near"]) {
      const { metadata } = (await client.post(`/api/v1/namespaces/${each}/configmaps`, configMap)) as Item;
      const { apiVersion, kind } = configMap;
      const owner = { apiVersion, kind, name: "owner", uid: metadata.uid, controller: true, blockOwnerDeletion: true };
      for (const name of names) {
        await create("moons", each, name, {
          labels: { "example.com/tier": "a.b_c", empty: "" },
          annotations: { "example.com/note": "ein Mond, 月\n\t", empty: "" },
          finalizers: [HELD, "example.com/second"],
          ownerReferences: [owner],
        });
      }
      await client.mergePatch(path("v1", "moons", each, "a"), { spec: { size: 2 } }); // generation 2
    }
  });

  test("T4 one of them is being deleted, and so is the namespace of another", async () => {
    await client.delete(path("v1", "moons", "near", "b.c"));
    await namespace("ending");
    await create("moons", "ending", "held", { finalizers: [HELD] });
    await client.delete("/api/v1/namespaces/ending");
    await until(() => isTerminating(path("v1", "moons", "ending", "held")));
    before = await kept("v1", "moons");
    expect(before).toHaveLength(13);
  });

  test("T5 v1 → v2 ends well over all of them, and each has what it had", async () => {
    const run = await stacks["moons"]?.up(moons("v2"));
    expect(run?.outputs).toMatchObject({ phase: "drop", storedVersions: ["v2"], objectsRewritten: 13 });
    const stored = await world.stored(group, "moons");
    expect(Object.keys(stored)).toHaveLength(13);
    expect(new Set(Object.values(stored))).toEqual(new Set([`${group}/v2`]));
    expect(await kept("v2", "moons")).toEqual(before);
  });

  test("T6 let go of by its finalizers, what was being deleted goes, with its namespace, and nothing else does", async () => {
    await letGo(path("v2", "moons", "near", "b.c"));
    await letGo(path("v2", "moons", "ending", "held"));
    await until(() => isGone("/api/v1/namespaces/ending"));
    expect(await kept("v2", "moons")).toHaveLength(11);
  });
});
