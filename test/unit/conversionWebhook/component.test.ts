import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import * as pulumi from "@pulumi/pulumi";
import {
  ConversionWebhook,
  VersionedCRD,
  type ConversionWebhookArgs,
  type VersionedCRDArgs,
} from "../../../components";
import { sealingKeyProblem } from "../../../components/conversionWebhook/sealingKeys";
import { known } from "../program";

type Inputs = Record<string, unknown>;

/** Runs a program with the engine's answers mocked; gives the inputs of every resource by type and name. */
async function inputsOf(program: () => pulumi.Resource[]): Promise<Map<string, Inputs>> {
  const inputs = new Map<string, Inputs>();
  await pulumi.runtime.setMocks(
    {
      call: () => ({}),
      newResource: ({ type, name, inputs: given }) => {
        inputs.set(`${type.split(":").at(-1)} ${name}`, given as Inputs);
        const made = type.endsWith(":Authority") ? { cert: "CERT", key: "KEY", caBundle: "CA" } : {};
        return { id: name, state: { ...(given as object), ...made } };
      },
    },
    "program",
    "dev",
    false,
    "acme",
  );
  const made = program();
  await Promise.all(made.map(({ urn }) => known(urn)));
  await new Promise((resolve) => setTimeout(resolve, 50));
  return inputs;
}

const given = { cert: "CERT", key: "KEY", ca: "CA" };
const certificate = { given };

describe("ConversionWebhook", () => {
  let folder: string;
  beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "webhook-"))));
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  /** A module with a conversion between two versions; `v2` of its fields and `moves` as text. */
  const module = (v2: string, moves: string, name = "conversion.ts"): string => {
    const file = path.join(folder, name);
    fs.writeFileSync(
      file,
      `import { defineConversion } from "pulumi-kubernetes-storage-migration/conversion";
const text = { type: "string" } as const;
const spec = (properties: object) => ({ type: "object", properties: { spec: { type: "object", properties } } });
export default defineConversion({ group: "example.com", kind: "Thing",
  versions: { v1: spec({ a: text }), v2: spec(${v2}) },
  steps: (step) => [step("v1", "v2", (m) => ${moves})] });`,
    );
    return file;
  };
  const renaming = (name?: string): string => module("{ b: text }", '[m.rename("spec.a", "spec.b")]', name);
  const identity = (): string => module("{ a: text }", "[]", "identity.ts");
  const webhook = (args: ConversionWebhookArgs) => inputsOf(() => [new ConversionWebhook("thing-conversion", args)]);

  test("it is a ConfigMap, a Secret, a Deployment, a Service and a PodDisruptionBudget", async () => {
    const resources = await webhook({ conversion: renaming(), certificate });
    expect([...resources.keys()].sort()).toEqual([
      "ConfigMap thing-conversion",
      "ConversionWebhook thing-conversion",
      "Deployment thing-conversion",
      "PodDisruptionBudget thing-conversion",
      "Secret thing-conversion-tls",
      "Service thing-conversion",
    ]);
  });

  test("the ConfigMap is immutable and named by its content: another conversion is another one", async () => {
    const first = (await webhook({ conversion: renaming(), certificate })).get("ConfigMap thing-conversion");
    const same = (await webhook({ conversion: renaming("again.ts"), certificate })).get("ConfigMap thing-conversion");
    const other = (
      await webhook({ conversion: module("{ c: text }", '[m.rename("spec.a", "spec.c")]'), certificate })
    ).get("ConfigMap thing-conversion");
    expect(first).toMatchObject({
      immutable: true,
      metadata: { name: expect.stringMatching(/^thing-conversion-[0-9a-f]{10}$/) as string },
    });
    expect(same).toEqual(first);
    expect((other?.["metadata"] as Inputs)["name"]).not.toBe((first?.["metadata"] as Inputs)["name"]);
  });

  test("its pods may do nothing but answer: not root, nothing to write, no token", async () => {
    const resources = await webhook({ conversion: renaming(), certificate });
    const { spec } = resources.get("Deployment thing-conversion") as {
      spec: { replicas: number; template: { spec: Inputs } };
    };
    expect(spec.replicas).toBe(2);
    expect(spec.template.spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          command: ["node", "/conversion/webhook.js"],
          securityContext: {
            readOnlyRootFilesystem: true,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"] },
          },
        },
      ],
    });
  });

  test("nothing is made where every step is identity, and the CRD then has conversion None", async () => {
    const versions = ["v1", "v2"].map((name) => ({
      name,
      served: true,
      storage: name === "v2",
      schema: {
        openAPIV3Schema: {
          type: "object",
          properties: { spec: { type: "object", properties: { a: { type: "string" } } } },
        },
      },
    }));
    const resources = await inputsOf(() => {
      const conversion = new ConversionWebhook("thing-conversion", { conversion: identity() });
      return [
        conversion,
        new VersionedCRD("things", { crd: thing(versions), conversion } as unknown as VersionedCRDArgs),
      ];
    });
    expect([...resources.keys()].filter((name) => name.includes("thing-conversion"))).toEqual([
      "ConversionWebhook thing-conversion",
    ]);
    const serve = resources.get("Serve things-serve") as { manifest: { spec: { conversion?: { strategy: string } } } };
    expect(serve.manifest.spec.conversion?.strategy ?? "None").toBe("None");
  });

  test("the CRD gets its Service, path and authority", async () => {
    const resources = await inputsOf(() => {
      const conversion = new ConversionWebhook("thing-conversion", {
        conversion: renaming(),
        certificate,
        namespace: "tools",
      });
      return [
        conversion,
        new VersionedCRD("things", { crd: thing(versionsOf("a", "b")), conversion } as unknown as VersionedCRDArgs),
      ];
    });
    expect(resources.get("Serve things-serve")).toMatchObject({
      manifest: {
        spec: {
          conversion: {
            strategy: "Webhook",
            webhook: {
              clientConfig: {
                service: { namespace: "tools", name: "thing-conversion", path: "/convert", port: 443 },
                caBundle: Buffer.from("CA").toString("utf8"),
              },
              conversionReviewVersions: ["v1"],
            },
          },
        },
      },
    });
  });

  test("without a certificate an own authority makes one, and the CRD trusts it", async () => {
    const resources = await webhook({ conversion: renaming(), namespace: "tools" });
    const authority = resources.get("Authority thing-conversion-authority");
    expect(authority).toMatchObject({
      service: "thing-conversion",
      namespace: "tools",
      authorityDays: 3650,
      leafDays: 365,
    });
    expect(authority?.["__provider"]).not.toContain(process.cwd());
  });

  test("with cert-manager the CRD asks for its authority by annotation, and keeps what is injected", async () => {
    const resources = await inputsOf(() => {
      const certManager = { issuer: { name: "internal" } };
      const conversion = new ConversionWebhook("thing-conversion", {
        conversion: renaming(),
        certificate: { certManager },
      });
      return [
        conversion,
        new VersionedCRD("things", { crd: thing(versionsOf("a", "b")), conversion } as unknown as VersionedCRDArgs),
      ];
    });
    expect(resources.get("Certificate thing-conversion-tls")).toMatchObject({
      spec: { dnsNames: ["thing-conversion.default.svc"], issuerRef: { name: "internal", kind: "Issuer" } },
    });
    const { manifest } = resources.get("Serve things-serve") as {
      manifest: { metadata: Inputs; spec: { conversion: { webhook: { clientConfig: Inputs } } } };
    };
    expect(manifest.metadata["annotations"]).toEqual({
      "cert-manager.io/inject-ca-from": "default/thing-conversion-tls",
    });
    expect(manifest.spec.conversion.webhook.clientConfig).not.toHaveProperty("caBundle");
  });

  test("a webhook that runs elsewhere makes nothing", async () => {
    const resources = await webhook({ url: "https://convert.example.com/", caBundle: "CA" });
    expect([...resources.keys()]).toEqual(["ConversionWebhook thing-conversion"]);
  });

  test("keys that seal sensitive fields are mounted from a Secret", async () => {
    const keys = [Buffer.alloc(32).toString("base64")];
    const other = Buffer.alloc(32, 1).toString("base64");
    const conversion = module('{ a: text, p: { type: "string", format: "password" } }', '[m.added("spec.p")]');
    const resources = await webhook({ conversion, certificate, keys });
    expect(resources.get("Secret thing-conversion-keys")).toMatchObject({ data: { value: { "0000": keys[0] } } });
    const nameOf = async (given: string[]): Promise<unknown> => {
      const found = (await webhook({ conversion, certificate, keys: given })).get("Secret thing-conversion-keys");
      return (found?.["metadata"] as Inputs)["name"];
    };
    // Threads read their keys when they start: other keys, or another order, must roll the pods.
    const first = await nameOf(keys);
    const second = await nameOf([other, ...keys]);
    expect(await nameOf(keys)).toBe(first);
    expect(new Set([first, second, await nameOf([...keys, other])]).size).toBe(3);
    expect(sealingKeyProblem([...keys, "c2hvcnQ="])).toMatch(
      /^keys\[1\] is 5 bytes; expected 32 bytes in base64 \(head/,
    );
    expect(sealingKeyProblem([])).toMatch(/^keys is empty; expected 32 bytes/);
    expect(sealingKeyProblem(keys)).toBeUndefined();
    await expect(webhook({ conversion, certificate })).rejects.toThrow(
      /v2 spec\.p is sensitive .*\n {2}expected: +`keys` to seal it with/s,
    );
  });

  test.each<[string, () => ConversionWebhookArgs, RegExp]>([
    ["no source", () => ({}), /none of `conversion`, `image` and `url` given\n {2}expected: +exactly one/],
    [
      "two sources",
      () => ({ image: "i", url: "https://x" }),
      /`image` and `url` given\n {2}expected: +exactly one\n {2}next: +take one of them out/,
    ],
    [
      "an unknown argument",
      () => ({ url: "https://x", replica: 2 }) as never,
      /unknown argument replica\n {2}expected: +only caBundle, /,
    ],
    ["no replica", () => ({ image: "i", replicas: 0 }), /replicas is 0\n {2}expected: +a whole number of at least 1/],
    [
      "an authority that does not outlive what it signs",
      () => ({ image: "i", certificate: { own: { authorityDays: 100 } } }),
      /authorityDays 100 and leafDays 365\n {2}expected: +an authority that lives at least three times as long/,
    ],
    [
      "two certificates",
      () => ({ image: "i", certificate: { given, certManager: { issuer: { name: "x" } } } }),
      /certificate names 2 ways/,
    ],
    [
      "a module without a conversion",
      () => ({ conversion: write("none.ts", "export default 1"), certificate }),
      /the default export of .*none\.ts is no conversion/s,
    ],
    [
      "a module that throws",
      () => ({ conversion: write("throws.ts", 'throw new Error("oops")'), certificate }),
      /throws\.ts: (Error: )?oops/,
    ],
    [
      "a conversion that is not complete",
      () => ({ conversion: module("{ b: text }", "[]"), certificate }),
      /v1→v2: spec\.a/,
    ],
    [
      "a conversion that loses what it is given",
      () => ({
        conversion: module(
          "{ b: text }",
          '[m.map("spec.a", "spec.b", { up: (a: string) => a + Math.random(), down: (b: string) => b })]',
        ),
        certificate,
      }),
      /breaks a law that lossless conversions keep: Thing v1 → v2: .*the smallest object that shows it \(seed 1\):/s,
    ],
  ])("%s is refused before anything is made", async (_, args, reason) => {
    await expect(Promise.resolve().then(() => webhook(args()))).rejects.toThrow(reason);
  });

  test.each<[string, object, RegExp]>([
    [
      "another kind",
      { names: { kind: "Other", plural: "things" } },
      /the conversion is of Thing in example\.com\n {2}expected: +Other in example\.com/,
    ],
    [
      "a version it lacks",
      { versions: [...versionsOf("a", "b"), ...versionsOf("a", "b", "v3", "v4")] },
      /the conversion has no version v3, v4\n.*why: +the conversion has v1, v2\n/s,
    ],
    [
      "a field it does not know",
      { versions: versionsOf("a", "new") },
      /the conversion's schema of v2 differs from the manifest's at \.spec\.new, \.spec\.b/,
    ],
  ])("a manifest with %s is refused", async (_, more, reason) => {
    const crd = thing(versionsOf("a", "b"));
    const program = () => {
      const conversion = new ConversionWebhook("thing-conversion", { conversion: renaming(), certificate });
      return [
        new VersionedCRD("things", {
          crd: { ...crd, spec: { ...crd.spec, ...more } },
          conversion,
        } as unknown as VersionedCRDArgs),
      ];
    };
    await expect(Promise.resolve().then(() => inputsOf(program))).rejects.toThrow(reason);
  });

  const write = (name: string, text: string): string => {
    fs.writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
});

function versionsOf(first: string, second: string, one = "v1", two = "v2") {
  return [
    [one, first],
    [two, second],
  ].map(([name, field = ""]) => ({
    name,
    served: true,
    storage: name === "v2",
    schema: {
      openAPIV3Schema: {
        type: "object",
        properties: { spec: { type: "object", properties: { [field]: { type: "string" } } } },
      },
    },
  }));
}

function thing(versions: object[]) {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "things.example.com" },
    spec: { group: "example.com", scope: "Namespaced", names: { kind: "Thing", plural: "things" }, versions },
  };
}
