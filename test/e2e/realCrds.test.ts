import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import type * as automation from "@pulumi/pulumi/automation";
import { VersionedCRD, type VersionedCRDArgs } from "../../components";
import type { Version } from "../../components/crd/definition";
import { readEtcd } from "../../local/cluster/etcd";
import { asYaml, definitionOf, largeDefinition, pluralOf, richVersion } from "../shapes/manifests";
import { startWorld, type TestStack, type World } from "./harness";

jest.setTimeout(300_000);

const group = "real.example.com";
const kinds = ["Widget", "Odd", "Large"];
const definitionPath = (plural: string): string =>
  `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${group}`;

/** Every spelling of "nothing" that the API server does not keep as it was written. */
const oddVersion = (name: string, more: Partial<Version>): Version =>
  richVersion(
    name,
    { additionalPrinterColumns: [], selectableFields: null, subresources: null, deprecationWarning: null, ...more },
    {
      empty: { type: "string", title: "", oneOf: [], "x-kubernetes-validations": [], externalDocs: { url: "" } },
      none: { type: "string", nullable: true, default: null, example: null },
      free: { type: "object", additionalProperties: true },
      huge: { type: "integer", format: "int64", default: 9007199254740992 }, // `write` makes it …993, which a number cannot be
    },
  );
const oddNames = { singular: "", listKind: "", shortNames: null, categories: [] };
const oddSpec = { preserveUnknownFields: false, conversion: { strategy: "None" } };

describe("CRDs as generators and large projects write them", () => {
  let world: World;
  let stack: TestStack;
  let file: string;
  let operations: Record<string, string>;

  beforeAll(async () => {
    file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "real-")), "crds.yaml");
    world = await startWorld([...kinds, "Other"].map((kind) => ({ group, plural: pluralOf(kind) })));
    stack = await world.stack("real");
  });
  afterAll(async () => {
    await world.end();
    fs.rmSync(path.dirname(file), { recursive: true });
  });

  /** Three CRDs in one file, among other documents, with byte order mark and Windows line ends. */
  const write = (...versions: string[]): void => {
    const all = (make: typeof oddVersion): Version[] =>
      versions.map((name) => make(name, { storage: name === versions.at(-1) }));
    const text = asYaml(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "real" } },
      definitionOf({ kind: "Widget", group, versions: all(richVersion) }),
      definitionOf({ kind: "Odd", group, versions: all(oddVersion), names: oddNames, spec: oddSpec }),
      { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "controller" } },
      largeDefinition("Large", group, 40, 600_000),
    );
    const exact = text.replace(/9007199254740992/g, "9007199254740993");
    fs.writeFileSync(file, `\uFEFF${exact.replace(/\n/g, "\r\n")}`);
  };

  const run = async (
    command: "preview" | "up",
    more: (args: VersionedCRDArgs, kind: string) => VersionedCRDArgs = (args) => args,
  ): Promise<void> => {
    operations = {};
    const program: automation.PulumiFn = () => {
      for (const kind of kinds) {
        const name = `${pluralOf(kind)}.${group}`;
        const { kubeconfig } = world;
        new VersionedCRD(kind, more({ file, name, kubeconfig, requestTimeoutSeconds: 3, migrator: "direct" }, kind));
      }
      return Promise.resolve();
    };
    const onEvent = ({ resourcePreEvent: step }: automation.EngineEvent): void => {
      if (step !== undefined) operations[step.metadata.urn.split("::").at(-1) ?? ""] = step.metadata.op;
    };
    await stack.automation[command]({ program, onEvent });
  };
  const changed = (): string[] => Object.keys(operations).filter((name) => operations[name] !== "same");

  test("T1: they install, 600 kB and 40 versions too, and preview finds nothing to change", async () => {
    write("v1");
    await run("up");
    const large = await world.cluster.client.get(definitionPath("larges"));
    expect(large.spec.versions).toHaveLength(40);
    // `kubectl apply` would have to keep it in an annotation, which may have 262144 bytes.
    expect(JSON.stringify(large.spec).length).toBeGreaterThan(550_000);
    await run("preview");
    expect(changed()).toEqual([]);
  });

  test("T2: Pulumi's state holds a manifest in serve alone, as its input and its output", async () => {
    const { deployment } = await stack.automation.exportStack();
    const resources = (deployment as { resources: { urn: string }[] }).resources;
    const sizes = resources
      .filter(({ urn }) => /::Large-/.test(urn))
      .map((resource) => JSON.stringify(resource).length);
    const manifest = JSON.stringify((await world.cluster.client.get(definitionPath("larges"))).spec).length;
    expect(sizes.filter((bytes) => bytes > 10_000)).toHaveLength(1);
    expect(Math.max(...sizes)).toBeLessThan(2.2 * manifest);
  });

  test("T3: a default of an int64 beyond 2^53 is in every object, digit by digit", async () => {
    const { client } = world.cluster;
    for (const kind of ["Widget", "Odd"]) {
      const objects = `/apis/${group}/v1/namespaces/default/${pluralOf(kind)}`;
      const metadata = { name: "one" };
      await client.post(objects, {
        apiVersion: `${group}/v1`,
        kind,
        metadata,
        spec: { port: "http", extra: { a: 1 } },
      });
    }
    const raw = await storedText("odds");
    expect(raw).toContain('"huge":9007199254740993');
  });

  test("T4: they move to v2 in one run, and preview finds nothing to change", async () => {
    write("v1", "v2");
    await run("up");
    expect(Object.values(await world.stored(group, "widgets"))).toEqual([`${group}/v2`]);
    expect(await storedText("odds")).toContain('"huge":9007199254740993');
    await run("preview");
    expect(changed()).toEqual([]);
  });

  test("T5: v1 is dropped, and preview finds nothing to change", async () => {
    write("v2");
    await run("up");
    const { spec, status } = await world.cluster.client.get(definitionPath("widgets"));
    expect([spec.versions.map(({ name }: Version) => name), status.storedVersions]).toEqual([["v2"], ["v2"]]);
    await run("preview");
    expect(changed()).toEqual([]);
  });

  test("T6: a certificate that is made in the same program hides nothing but itself from preview", async () => {
    write("v2", "v3");
    const { kubeconfig } = world;
    const messages: string[] = [];
    const program: automation.PulumiFn = () => {
      const other = definitionOf({ kind: "Other", group, versions: [richVersion("v1", { storage: true })] });
      const made = new VersionedCRD("Other", {
        crd: other as unknown as NonNullable<VersionedCRDArgs["crd"]>,
        kubeconfig,
      });
      const caBundle = made.phases.serve.id.apply(() => "-----BEGIN CERTIFICATE-----"); // unknown until `up` has made it
      const conversion = { url: "https://convert.example.com/", caBundle };
      new VersionedCRD("Widget", { file, name: `widgets.${group}`, kubeconfig, migrator: "direct", conversion });
      return Promise.resolve();
    };
    const onEvent = ({ diagnosticEvent: said }: automation.EngineEvent): void => {
      if (/::Widget-/.test(said?.urn ?? "")) messages.push(said?.message.trim() ?? "");
    };
    await stack.automation.preview({ program, onEvent });
    const unknown = "webhook.clientConfig.caBundle yet; planned without";
    expect(messages).toEqual([
      "(none) → v3: add, served; storage stays v2\nconversion None → Webhook https://convert.example.com/",
      `widgets.${group}: 1 change worth knowing:\n    spec.versions: first served version v2 → v3 (version-priority-changed)`,
      expect.stringMatching(
        /^the only object read, default\/one, takes \d{3} bytes as v2; etcd takes 1,572,864 by default$/,
      ),
      `not looked at: preview cannot tell manifest.spec.conversion.${unknown}`,
      "v2 → v3: ask the API server by dry run about every object; writes nothing",
      "not looked at: preview cannot tell schema yet; planned without",
      "storage v2 → v3: one edit, then every API server must agree",
      "v2 → v3: rewrite every object directly\nstoredVersions [v2, v3] → [v3]: only once every object is proven rewritten",
      `about 1 object of widgets.${group} to rewrite, stored as v2`,
      "not looked at: preview cannot tell conversion.webhook.clientConfig.caBundle yet; nothing to do as far as is known",
    ]);
  });

  describe("what can never change is refused by preview", () => {
    const refused = async (crd: object): Promise<string> => {
      const given = { file: undefined, name: undefined, crd };
      const changedWidget = (args: VersionedCRDArgs, kind: string) =>
        kind === "Widget" ? ({ ...args, ...given } as unknown as VersionedCRDArgs) : args;
      write("v2");
      const outcome = await run("preview", changedWidget).catch((error: Error) => error.message);
      expect((await world.cluster.client.get(definitionPath("widgets"))).metadata.generation).toBe(generation);
      return outcome ?? "accepted";
    };
    const versions = [richVersion("v2", { storage: true })];
    let generation: number;
    beforeAll(async () => {
      generation = (await world.cluster.client.get(definitionPath("widgets"))).metadata.generation as number;
    });

    test("the scope, with what to do instead", async () => {
      expect(await refused(definitionOf({ kind: "Widget", group, versions, scope: "Cluster" }))).toMatch(
        /widgets\.real\.example\.com: spec\.scope is Cluster in the manifest and Namespaced in the cluster\n.*next: .* make a new CRD/s,
      );
    });

    test("the plural: the CRD that was there would be left behind with its objects", async () => {
      expect(await refused(definitionOf({ kind: "Other", group, versions }))).toMatch(
        /others\.real\.example\.com: this component's CRD is widgets\.real\.example\.com so far/,
      );
    });
  });

  describe("an object that cannot be decoded", () => {
    const put = async (name: string, value: string): Promise<void> => {
      const base64 = (text: string): string => Buffer.from(text).toString("base64");
      const body = JSON.stringify({ key: base64(`/registry/${group}/widgets/default/${name}`), value: base64(value) });
      const answer = await fetch(`${world.cluster.etcd}/v3/kv/put`, { method: "POST", body });
      expect(answer.status).toBe(200);
    };
    const refusedPreview = async (): Promise<string> => {
      write("v2", "v3");
      const { generation } = (await world.cluster.client.get(definitionPath("widgets"))).metadata;
      const outcome = await run("preview").catch((error: Error) => error.message);
      expect((await world.cluster.client.get(definitionPath("widgets"))).metadata.generation).toBe(generation);
      return outcome ?? "accepted";
    };

    test("written while the API server watches: LIST hangs, and preview says so", async () => {
      const metadata = { name: "bad", namespace: "default", uid: "1" };
      await put("bad", JSON.stringify({ apiVersion: `${group}/v0`, kind: "Widget", metadata }));
      expect(await refusedPreview()).toMatch(
        /widgets\.real\.example\.com: the API server cannot list .* not answered in time/,
      );
    });

    test("found when the API server fills its cache anew: preview names the object and the version it is stored in", async () => {
      await world.cluster.restartApiServer();
      expect(await refusedPreview()).toMatch(/cannot list .*widgets\/default\/bad.*real\.example\.com\/v0.*expected/s);
    });
  });

  async function storedText(plural: string): Promise<string> {
    return (await readEtcd(world.cluster.etcd, `/registry/${group}/${plural}/`)).map(({ value }) => value).join("\n");
  }
});
