import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import type { VersionedCRDArgs } from "../../../components";
import { PHASES, type PhaseName } from "../../../components/versionedCRD/phase";
import { manifest, webhook, withWebhook } from "../fixtures";
import { known, ran, registered, type Registered } from "../program";
import { SHARED_DEFAULTS } from "../../../components/provider/inputs";
import { digestRehearsedSchema } from "../../../components/versionedCRD/rehearsalRecord";

const both = manifest("v1", "v2 storage");
const args = { crd: both } as unknown as VersionedCRDArgs;

/** The five phases of a component named `databases`, in order. */
async function phases(more: Partial<VersionedCRDArgs> = {}): Promise<Registered[]> {
  const resources = await registered({ databases: { ...args, ...more } });
  return PHASES.map((phase) => resources.get(`databases-${phase}`) as Registered);
}

async function phase(name: PhaseName, more: Partial<VersionedCRDArgs> = {}): Promise<Registered> {
  return (await phases(more))[PHASES.indexOf(name)] as Registered;
}

test("a component is itself and five phases: names and type tokens are public API", async () => {
  const resources = [...(await registered({ databases: args })).values()];
  const type = "pulumi-nodejs:dynamic/kubernetes-storage-migration";
  expect(resources.map((resource) => `${resource.type} ${resource.name}`)).toEqual([
    "kubernetes-storage-migration:index:VersionedCRD databases",
    `${type}:Serve databases-serve`,
    `${type}:Rehearse databases-rehearse`,
    `${type}:Store databases-store`,
    `${type}:Migrate databases-migrate`,
    `${type}:Drop databases-drop`,
  ]);
});

test("every phase has the component as its parent", async () => {
  expect((await phases()).map(({ parent }) => parent)).toEqual(PHASES.map(() => "databases"));
});

test("every phase is retained on delete: leaving the program must not take the CRD and its objects along", async () => {
  expect((await phases()).map(({ retainOnDelete }) => retainOnDelete)).toEqual(PHASES.map(() => true));
});

test("each phase waits for the one before it", async () => {
  expect((await phases()).map(({ dependsOn }) => dependsOn)).toEqual([
    [],
    ["databases-serve"],
    ["databases-rehearse"],
    ["databases-store"],
    ["databases-migrate"],
  ]);
});

test.each<[PhaseName, (PhaseName | undefined)[]]>([
  ["serve", [undefined, "serve", "serve", "serve", "serve"]],
  ["rehearse", [undefined, undefined, "rehearse", "rehearse", "rehearse"]],
  ["store", [undefined, undefined, undefined, "store", "store"]],
  ["migrate", [undefined, undefined, undefined, undefined, "migrate"]],
  ["drop", [undefined, undefined, undefined, undefined, undefined]],
])("stopAfter %s holds the phases after it, and no other", async (stopAfter, held) => {
  expect((await phases({ stopAfter })).map(({ inputs }) => inputs["heldBy"])).toEqual(held);
});

test("serve is told what only later phases act on, where it is given: a saved plan is held to it before the first write", async () => {
  const given: Partial<VersionedCRDArgs> = {
    ...{ stopAfter: "store", ownerReferences: "rewrite", skipOwnerSearch: ["secrets"], requireAcknowledgement: true },
    backup: { directory: "backups" },
  };
  expect((await phase("serve", given)).inputs).toMatchObject(given);
  const { inputs } = await phase("serve");
  expect(Object.keys(inputs).filter((key) => key in given)).toEqual([]);
});

test("drop is told that it needs the user's word, where it does", async () => {
  expect((await phase("drop", { requireAcknowledgement: true })).inputs["requireAcknowledgement"]).toBe(true);
  expect((await phase("drop", { requireAcknowledgement: false })).inputs).not.toHaveProperty("requireAcknowledgement");
});

test("without stopAfter nothing is held", async () => {
  expect((await phases()).filter(({ inputs }) => "heldBy" in inputs)).toEqual([]);
});

test("the provider text is one constant a phase: the same for two components, without a path", async () => {
  const resources = await registered({ databases: args, more: args });
  for (const each of PHASES) {
    const text = resources.get(`databases-${each}`)?.inputs["__provider"];
    expect(text).toBe(resources.get(`more-${each}`)?.inputs["__provider"]);
    expect(text).not.toContain(process.cwd());
  }
});

test("each phase carries what all need, its own facet, and nothing else", async () => {
  const common = ["__provider", "__urn", "crd", "group", "kind", "plural"];
  const own = (await phases()).map(({ inputs }) =>
    Object.keys(inputs)
      .filter((key) => !common.includes(key))
      .sort(),
  );
  expect(own).toEqual([
    ["manifest", "migrator", "owner", "storage"],
    ["schema", "stopsHere", "version", "versions"],
    ["version"],
    ["migrator", "version", "versions"],
    ["conversion", "ownerReferences", "skipOwnerSearch", "versions"],
  ]);
  for (const { inputs } of await phases()) expect(Object.keys(inputs)).toEqual(expect.arrayContaining(common));
});

test("the facets hold the manifest's facts", async () => {
  const [serve, rehearse, store, migrate, drop] = await phases({ crd: withWebhook(both) } as never);
  expect(serve?.inputs).toMatchObject({
    manifest: withWebhook(both),
    storage: "v2",
    owner: "acme/program/dev/databases",
  });
  expect(rehearse?.inputs).toMatchObject({
    version: "v2",
    schema: digestRehearsedSchema(withWebhook(both)),
    stopsHere: false,
  });
  expect(rehearse?.inputs).toMatchObject({ versions: { v1: true, v2: true } });
  expect(store?.inputs).toMatchObject({ version: "v2", crd: "databases.example.com", group: "example.com" });
  expect(migrate?.inputs).toMatchObject({ version: "v2", migrator: "in-tree", plural: "databases", kind: "Database" });
  expect(drop?.inputs).toMatchObject({ versions: ["v1", "v2"], conversion: webhook() });
  expect(drop?.inputs).toMatchObject({ ownerReferences: "refuse", skipOwnerSearch: [] });
});

test("drop is told of a backup where one is wanted, and has no such input else", async () => {
  const backup = { command: ["velero", "backup", "create"] };
  expect((await phase("drop", { backup })).inputs).toMatchObject({ backup });
  expect((await phase("migrate", { backup })).inputs).not.toHaveProperty("backup");
});

test("a manifest without a conversion leaves drop with null: in JSON an absent key would look like an old state", async () => {
  expect((await phase("drop")).inputs["conversion"]).toBeNull();
});

test("the rehearsal knows whether the rollout stops there", async () => {
  expect((await phase("rehearse", { stopAfter: "rehearse" })).inputs["stopsHere"]).toBe(true);
});

test("the urn of a phase is among its inputs, for its messages on its own row", async () => {
  expect((await phase("store")).inputs["__urn"]).toMatch(/:Store::databases-store$/);
});

test("what is not given stands in the state of no phase: the provider has the API server's own timeout, no server gone, the ambient cluster", async () => {
  const unset = Object.keys(SHARED_DEFAULTS);
  for (const { inputs } of await phases()) expect(Object.keys(inputs).filter((key) => unset.includes(key))).toEqual([]);
  expect(SHARED_DEFAULTS).toEqual({ requestTimeoutSeconds: 60, decommissionedServers: [], cluster: {} });
});

test("arguments for the run reach every phase", async () => {
  const more = {
    requestTimeoutSeconds: 30,
    decommissionedServers: ["cp-2"],
    kubeconfig: "kubeconfig",
    context: "prod",
  };
  for (const { inputs } of await phases(more)) {
    const cluster = { kubeconfig: "kubeconfig", context: "prod" };
    expect(inputs).toMatchObject({ requestTimeoutSeconds: 30, decommissionedServers: ["cp-2"], cluster });
  }
});

test("the content of a kubeconfig is a secret, its path is not", async () => {
  const mark = "4dabf18193072939515e22adb298388d"; // how a secret travels to the engine
  const cluster = async (kubeconfig: string) =>
    JSON.stringify((await phase("serve", { kubeconfig })).inputs["cluster"]);
  expect(await cluster("apiVersion: v1\nkind: Config\n")).toContain(mark);
  expect(await cluster("kubeconfig")).not.toContain(mark);
});

test("`conversion` is part of what serve applies", async () => {
  const { inputs } = await phase("serve", { conversion: { url: "https://convert.example.com/" } });
  expect(inputs["manifest"]).toEqual(withWebhook(both));
});

test("`conversion` may be an output of another resource", async () => {
  const conversion = pulumi.output(Promise.resolve({ url: "https://convert.example.com/" }));
  expect((await phase("drop", { conversion })).inputs["conversion"]).toEqual(webhook());
});

describe("a certificate that another resource makes, unknown in preview", () => {
  const { unknown } = pulumi;
  const url = "https://convert.example.com/";
  const late = pulumi.output(unknown) as unknown as pulumi.Output<string>;
  const clientConfig = { url, caBundle: unknown };

  test.each<[string, Partial<VersionedCRDArgs>]>([
    ["as a part of `conversion`", { conversion: { url, caBundle: late } }],
    [
      "as a part of the manifest's own conversion",
      {
        crd: {
          ...both,
          spec: {
            ...both.spec,
            conversion: {
              strategy: "Webhook",
              webhook: { clientConfig: { url, caBundle: late }, conversionReviewVersions: ["v1"] },
            },
          },
        } as never,
      },
    ],
  ])("%s => only the conversion and the digest of the whole wait for it", async (_how, more) => {
    const [serve, rehearse, store, migrate, drop] = await phases(more);
    const conversion = { strategy: "Webhook", webhook: { clientConfig, conversionReviewVersions: ["v1"] } };
    expect(serve?.inputs).toMatchObject({
      crd: "databases.example.com",
      storage: "v2",
      manifest: { ...both, spec: { ...both.spec, conversion } },
    });
    expect(rehearse?.inputs).toMatchObject({ schema: unknown, version: "v2", versions: { v1: true, v2: true } });
    for (const each of [store, migrate]) expect(JSON.stringify(each?.inputs)).not.toContain("Unknown");
    expect(drop?.inputs).toMatchObject({ versions: ["v1", "v2"], conversion });
  });

  test("the whole of `conversion` => the same", async () => {
    const [serve, , , , drop] = await phases({ conversion: late as never });
    expect(serve?.inputs).toMatchObject({ manifest: { ...both, spec: { ...both.spec, conversion: unknown } } });
    expect(drop?.inputs).toMatchObject({ versions: ["v1", "v2"], conversion: unknown });
  });

  test("once it is known, everything is as if it had been all along", async () => {
    const caBundle = "-----BEGIN CERTIFICATE-----";
    const plain = await phases({ conversion: { url, caBundle } });
    const later = await phases({ conversion: { url, caBundle: pulumi.output(Promise.resolve(caBundle)) } });
    expect(later.map(({ inputs }) => inputs)).toEqual(plain.map(({ inputs }) => inputs));
  });
});

test("apiVersion and kind may be left out, as in the official resource's arguments", async () => {
  const { metadata, spec } = both;
  expect((await phase("serve", { crd: { metadata, spec } } as never)).inputs["manifest"]).toEqual(both);
});

test("`file` is read like `crd`", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "crd-"));
  const file = path.join(folder, "databases.yaml");
  fs.writeFileSync(file, stringify(both));
  const resources = await registered({ databases: { file } });
  expect(resources.get("databases-serve")?.inputs["manifest"]).toEqual(both);
  fs.rmSync(folder, { recursive: true });
});

describe("outputs", () => {
  const state = {
    Serve: { storageVersion: "v1", storedVersions: ["v1"] },
    Rehearse: { storageVersion: "v1", storedVersions: ["v1"] },
    Store: { storageVersion: "v2", storedVersions: ["v1", "v2"] },
    Migrate: { storageVersion: "v2", storedVersions: ["v2"], objectsRewritten: 42, proof: "{}" },
    Drop: { storageVersion: "v2", storedVersions: ["v2"] },
  };

  async function outputs(stopAfter: PhaseName) {
    const [component] = (await ran({ databases: { ...args, stopAfter } }, state)).components;
    if (component === undefined) throw new Error("no component");
    const values = [component.crdName, component.storageVersion, component.storedVersions] as pulumi.Output<unknown>[];
    return [component.phase, ...(await Promise.all(values.map(known)))];
  }

  test("of a whole rollout: the version that store left, the storedVersions that migrate left", async () => {
    expect(await outputs("drop")).toEqual(["drop", "databases.example.com", "v2", ["v2"]]);
  });

  test("of a rollout held at store: as store left them", async () => {
    expect(await outputs("store")).toEqual(["store", "databases.example.com", "v2", ["v1", "v2"]]);
  });

  test("of a rollout held at serve: as serve left them, whatever later phases recorded in an earlier run", async () => {
    expect(await outputs("serve")).toEqual(["serve", "databases.example.com", "v1", ["v1"]]);
  });

  test("objects rewritten and the proof are migrate's", async () => {
    const [component] = (await ran({ databases: args }, state)).components;
    expect(await known(component?.objectsRewritten as pulumi.Output<number | undefined>)).toBe(42);
    expect(await known(component?.proof as pulumi.Output<string | undefined>)).toBe("{}");
  });
});
