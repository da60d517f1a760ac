import * as pulumi from "@pulumi/pulumi";
import type { Acknowledgement, VersionedCRDArgs } from "../../components";
import { rightsForPreview } from "../../components/kubernetes/rights/rolloutRights";
import type { KubernetesObject } from "../../components/kubernetes/api";
import { ETCD_LIMIT, storedSize } from "../../components/migration/rehearsal/storedSize";
import { readEtcd } from "../../local/cluster/etcd";
import { startWorld, type TestStack, type World } from "./harness";

jest.setTimeout(300_000);

const group = "truth.example.com";
const plural = "gadgets";
const crd = `${plural}.${group}`;
const definitionPath = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd}`;

type Schema = Record<string, unknown>;

/** `crdWith({ v1: {}, "v2 storage": { … } })`: each version with these fields under spec besides `size`. */
function crdWith(versions: Record<string, Schema>): VersionedCRDArgs {
  const spec = {
    group,
    scope: "Namespaced",
    names: { kind: "Gadget", plural, singular: "gadget", listKind: "GadgetList" },
    versions: Object.entries(versions).map(([words, fields]) => ({
      name: words.split(" ")[0] ?? "",
      served: true,
      storage: words.endsWith(" storage"),
      schema: {
        openAPIV3Schema: {
          type: "object",
          properties: { spec: { type: "object", properties: { size: { type: "string" }, ...fields } } },
        },
      },
    })),
  };
  return { crd: { metadata: { name: crd }, spec }, migrator: "direct", requestTimeoutSeconds: 1 };
}

/** JavaScript knows both, Go neither. */
const lookbehind = { code: { type: "string", pattern: "(?<=a)b" } };
const backreference = { twice: { type: "string", pattern: "(a)\\1" } };
/** A default that makes each object 1 kB larger. */
const note = { note: { type: "string", default: "x".repeat(1_000) } };
/** Lists of lists without a bound: the API server estimates what the rule may cost, and takes no CRD beyond its budget. */

const tooDear = {
  rows: {
    type: "array",
    items: { type: "array", items: { type: "string" } },
    "x-kubernetes-validations": [{ rule: "self.all(row, row.all(cell, self.exists(other, cell in other)))" }],
  },
};

describe("what preview says is what up would do", () => {
  let world: World;
  let stack: TestStack;

  beforeAll(async () => {
    world = await startWorld([{ group, plural }]);
    stack = await world.stack("truth");
  });
  afterAll(() => world.end());

  const live = () => world.cluster.client.get(definitionPath);

  test("T1: a CRD that the API server would not take is refused at preview, in its own words, and not created", async () => {
    const refused = await stack.refused(stack.preview(crdWith({ "v1 storage": { ...lookbehind, ...backreference } })));
    expect(refused).toContain(`${crd}: the API server refuses the definition that serve is to write (422):`);
    for (const name of ["code", "twice"]) {
      const path = `spec.versions[*].schema.openAPIV3Schema.properties[spec].properties[${name}].pattern`;
      expect(refused).toContain(`    ${path}: Invalid value: `);
    }
    expect((await world.cluster.client.send("GET", definitionPath)).status).toBe(404);
    await stack.up(crdWith({ "v1 storage": {} }));
  });

  test.each([
    ["a pattern that Go does not know", lookbehind, "error parsing regexp"],
    ["a rule over its cost budget", tooDear, "exceeds budget"],
  ])("T2: a version added with %s is refused at preview, and the CRD is as it was", async (_, fields, words) => {
    const before = await live();
    const refused = await stack.refused(stack.preview(crdWith({ v1: {}, "v2 storage": fields })));
    expect(refused).toContain("the API server refuses the definition that serve is to write");
    expect(refused).toContain(words);
    expect(await live()).toEqual(before);
  });

  test("T3: a user who may only read is told which right would have told", async () => {
    const kubeconfig = await world.cluster.userKubeconfig("reader", rightsForPreview([{ group, plural }]));
    const run = await stack.preview({ ...crdWith({ v1: {}, "v2 storage": lookbehind }), kubeconfig });
    expect(run.messages).toContain(
      `not looked at: ${crd}: the API server was not asked whether it takes the definition that serve is to write: not allowed to patch customresourcedefinitions (403), without which there is no dry run`,
    );
    expect(Object.keys(run.plans)).toContain("serve");
  });

  const create = (name: string, spec: object) =>
    world.cluster.client.post(`/apis/${group}/v1/namespaces/default/${plural}`, {
      ...{ apiVersion: `${group}/v1`, kind: "Gadget", metadata: { name }, spec },
    });

  test("T4: preview knows the storage version that the rollout will leave, and how many objects it is about", async () => {
    for (const name of ["one", "two", "three"]) await create(name, { size: name });
    const args = crdWith({ v1: {}, "v2 storage": {} });
    const run = await stack.preview(args);
    expect(run.outputs["storageVersion"]).toBe("v2");
    expect(run.messages).toContain(`about 3 objects of ${crd} to rewrite, stored as v1`);
    expect(JSON.stringify(run.plans)).not.toMatch(/\b3\b/);
    const sample =
      /^all 3 objects read: the largest, default\/three, takes \d{3} bytes as v2; etcd takes 1,572,864 by default$/m;
    expect(run.messages.join("\n")).toMatch(sample);
    for (const [stopAfter, storage] of [
      ["serve", "v1"],
      ["rehearse", "v1"],
      ["store", "v2"],
    ] as const) {
      const held = await stack.preview({ ...args, stopAfter });
      expect([stopAfter, held.outputs["storageVersion"]]).toEqual([stopAfter, storage]);
      expect(held.messages.join("\n")).not.toContain("to rewrite"); // nothing is to be
    }
  });

  test("T5: what breaks the schema of the new version is named, object by object", async () => {
    const narrow = { size: { type: "string", maxLength: 3 } };
    const { messages } = await stack.preview(crdWith({ v1: {}, "v2 storage": narrow }));
    expect(messages.join("\n"))
      .toContain(`all 3 objects read: 1 breaks the schema of v2. A rewrite passes, and whoever changes these values later is refused:
    default/three: spec.size is "three"; expected maxLength 3`);
  });

  test("T6: a rollout that fails has recorded where the CRD stands, not what preview expected", async () => {
    const rule = "self.size != 'one' || oldSelf.size != 'one'"; // no ratcheting: a rule with oldSelf
    const args = crdWith({ v1: {}, "v2 storage": note });
    const [, v2] = (args.crd as unknown as { spec: { versions: Schema[] } }).spec.versions;
    const schema = v2 as { schema: { openAPIV3Schema: { properties: { spec: Schema } } } };
    schema.schema.openAPIV3Schema.properties.spec["x-kubernetes-validations"] = [{ rule, message: "no one" }];
    expect((await stack.preview(args)).outputs["storageVersion"]).toBe("v2");
    const { outputs } = await stack.up({ ...args, stopAfter: "serve" });
    expect(outputs).toMatchObject({ storageVersion: "v1", storedVersions: ["v1"] });
    expect(await stack.refused(stack.up(args))).toContain("1 of 3 objects would fail");
    const { deployment } = await stack.automation.exportStack();
    const { resources } = deployment as { resources: { urn: string; outputs?: Record<string, unknown> }[] };
    const outputsOf = (phase: string) => resources.find(({ urn }) => urn.endsWith(`::crd-${phase}`))?.outputs;
    expect(outputsOf("serve")).toMatchObject({ storageVersion: "v1" });
    expect(outputsOf("rehearse")).toMatchObject({ storageVersion: "v1" });
    for (const phase of ["store", "migrate"]) expect(outputsOf(phase)?.["storageVersion"]).not.toBe("v2");
    expect((await live()).spec.versions.find(({ storage }: { storage: boolean }) => storage).name).toBe("v1");
  });

  /** The bytes of an object in etcd, with the line feed that Go's encoder ends it with. */
  const bytesOf = async (name: string): Promise<number> => {
    const [entry] = await readEtcd(world.cluster.etcd, `/registry/${group}/${plural}/default/${name}`);
    return Buffer.byteLength(entry?.value ?? "");
  };
  const objectPath = (name: string): string => `/apis/${group}/v1/namespaces/default/${plural}/${name}`;
  const resource = { group, plural, version: "v1" };
  const resize = (name: string, size: string) =>
    world.cluster.client.send("PATCH", objectPath(name), { spec: { size } }, "application/merge-patch+json");

  test("T7: what the rehearsal takes for an object's size is what etcd has, and etcd's limit is where it says", async () => {
    await create("large", { size: '<>&\u2028\u2029\b\f\u0001\u00fc\u{1F600}"/' });
    const overhead = 3 * `/registry/${group}/${plural}/default/large`.length + 64;
    const odd = (await world.cluster.client.get(objectPath("large"))) as KubernetesObject;
    expect(storedSize(odd, resource).whole).toBe((await bytesOf("large")) + overhead);
    let [taken, refused] = [1_570_000, 1_573_000];
    while (refused - taken > 1) {
      const size = Math.floor((taken + refused) / 2);
      const { status } = await resize("large", "y".repeat(size));
      if (status === 200) taken = size;
      else refused = size;
    }
    await resize("large", "y".repeat(taken));
    const largest = (await world.cluster.client.get(objectPath("large"))) as KubernetesObject;
    const { withoutManagedFields } = storedSize(largest, resource);
    expect(withoutManagedFields).toBe((await bytesOf("large")) + overhead); // it went in without them
    expect(withoutManagedFields).toBeGreaterThanOrEqual(ETCD_LIMIT); // what we take for fitting fits
    expect(withoutManagedFields).toBeLessThan(ETCD_LIMIT + 32);
  });

  test("T8: an object that a default of the new version makes too large for etcd is found before the flip", async () => {
    expect((await resize("large", "y".repeat(1_572_300))).status).toBe(200);
    const { messages } = await stack.preview(crdWith({ v1: {}, "v2 storage": note }));
    expect(messages.join("\n")).toMatch(
      /all 4 objects read: the largest, default\/large, takes 1,57\d,\d{3} bytes as v2/,
    );
    const refused = await stack.refused(stack.up(crdWith({ v1: {}, "v2 storage": note })));
    expect(refused).toContain("1 of 4 objects would fail; nothing was flipped or rewritten");
    expect(refused).toMatch(
      /default\/large: stored as v2 it would take 1,57\d,\d{3} bytes with its key; expected at most/,
    );
    expect((await live()).status.storedVersions).toEqual(["v1"]);
    await resize("large", "small again");
    await stack.up({ ...crdWith({ v1: {}, "v2 storage": note }), stopAfter: "migrate" });
    expect(new Set(Object.values(await world.stored(group, plural)))).toEqual(new Set([`${group}/v2`]));
    const { seconds } = JSON.parse((await live()).metadata.annotations["kubernetes-storage-migration/proof"]);
    expect(seconds).toBeGreaterThan(0); // the next preview tells the time of a rewrite from it
  });

  const versions = async (): Promise<string[]> =>
    (await live()).spec.versions.map(({ name }: { name: string }) => name).sort();
  const writeThrough = (version: string, size: string) =>
    world.cluster.client.mergePatch(`/apis/${group}/${version}/namespaces/default/${plural}/one`, { spec: { size } });

  test("T9: reads through v1 since migrate ended are told of; a write stops the drop, at preview and at up, until acknowledged", async () => {
    const args = crdWith({ "v2 storage": note });
    await world.cluster.client.get(objectPath("one"));
    const quiet = await stack.preview(args);
    expect(quiet.messages.join("\n")).toMatch(
      /v1 is still used: .*, 0 writes and [1-9]\d* other requests? since migrate ended/,
    );
    await writeThrough("v1", "written through v1");
    await writeThrough("v2", "written through v2");
    const held = (await stack.preview({ ...args, stopAfter: "migrate" })).messages.join("\n");
    expect(held).toMatch(/v1 is still used: .*, last \d{4}-\d\d-\d\dT\S+Z\).*, 1 write and \d+ other requests?/);
    const words = `${crd}: 1 write through v1 since migrate ended`;
    expect(await stack.refused(stack.preview(args))).toContain(words);
    expect(await stack.refused(stack.up(args))).toContain(words);
    expect(await versions()).toEqual(["v1", "v2"]);
    const known = (path: string): Acknowledgement[] => [{ check: "version-in-use", path, reason: "a test" }];
    const wrong = await stack.refused(stack.preview({ ...args, acknowledge: known("v2") }));
    expect(wrong).toContain("acknowledge names version-in-use of v2, and drop removes v1");
    const run = await stack.up({ ...args, acknowledge: known("v1") });
    expect(run.messages.join("\n")).toMatch(new RegExp(`${words} \\(.*\\); acknowledged: a test`));
    expect(await versions()).toEqual(["v2"]);
  });

  test("T10: in one `up`, a client that goes on writing through the version stops its drop", async () => {
    let isOn = true;
    const client = (async () => {
      for (let n = 0; isOn; n++) {
        const path = `/apis/${group}/v2/namespaces/default/${plural}/two`;
        await world.cluster.client.send("PATCH", path, { spec: { size: `${n}` } }, "application/merge-patch+json");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
    const refused = await stack.refused(stack.up(crdWith({ "v3 storage": note })));
    isOn = false;
    await client;
    expect(refused).toMatch(/\d+ writes through v2 since migrate ended/);
    expect(await versions()).toEqual(["v2", "v3"]);
    expect((await live()).status.storedVersions).toEqual(["v3"]);
  });

  test("T11: one that `before` has ended by then does not", async () => {
    const { server, ca, token } = world.cluster.client.endpoint;
    const url = `${server}/apis/${group}/v3/namespaces/default/${plural}/three`;
    const before: VersionedCRDArgs["before"] = {
      drop: ({ migrate }) => [new LastWrite("last-write", { url, ca, token }, migrate)],
    };
    const run = await stack.up({ ...crdWith({ "v4 storage": note }), before });
    expect(run.messages.join("\n")).toContain(`${crd}: 1 write through v3 since migrate ended, none in the last 1 s`);
    expect(await versions()).toEqual(["v4"]);
  });

  test("T12: as preview says of it, what breaks the new schema passes until somebody changes it", async () => {
    const narrow = { size: { type: "string", maxLength: 3 }, owner: { type: "string" } };
    const args = crdWith({ v4: note, "v5 storage": { ...note, ...narrow } });
    for (const version of (args.crd as unknown as { spec: { versions: Schema[] } }).spec.versions) {
      const { schema } = version as { schema: { openAPIV3Schema: { properties: { spec: Schema } } } };
      if (version["name"] === "v5") schema.openAPIV3Schema.properties.spec["required"] = ["owner"];
    }
    const { messages } = await stack.preview(args);
    expect(messages.join("\n")).toContain(
      'default/three: spec.owner is required; spec.size is "the last write"; expected maxLength 3',
    );
    await stack.up(args);
    const at = (name: string) => `/apis/${group}/v5/namespaces/default/${plural}/${name}`;
    const change = (size: string) =>
      world.cluster.client.send("PATCH", at("three"), { spec: { size } }, "application/merge-patch+json");
    expect((await world.cluster.client.get(at("three"))).spec.size).toBe("the last write");
    expect((await change("other")).status).toBe(422);
  });
});

/** An operator that writes once more after migrate has ended, and is gone. */
class LastWrite extends pulumi.CustomResource {
  constructor(name: string, to: { url: string; ca: string; token: string }, after: pulumi.Resource) {
    const __provider = `exports.handler = () => ({
      create: ({ url, ca, token }) => new Promise((resolve, reject) => {
        const headers = { Authorization: "Bearer " + token, "Content-Type": "application/merge-patch+json" };
        const request = require("https").request(url, { method: "PATCH", ca, headers }, (response) => {
          response.resume();
          response.on("end", () => response.statusCode === 200 ? resolve({ id: "written", outs: {} })
            : reject(new Error("answered " + response.statusCode)));
        });
        request.on("error", reject);
        request.end(JSON.stringify({ spec: { size: "the last write" } }));
      }),
    });`;
    super("pulumi-nodejs:dynamic:LastWrite", name, { __provider, ...to }, { dependsOn: after });
  }
}
