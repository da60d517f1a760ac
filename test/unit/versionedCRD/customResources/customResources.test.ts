import * as fs from "fs";
import * as path from "path";
import * as pulumi from "@pulumi/pulumi";
import type { VersionedCRD } from "../../../../components";
import { type VersionedCRDArgs } from "../../../../components";
import { manifest } from "../../fixtures";
import { ran } from "../../program";

type Crd = NonNullable<VersionedCRDArgs["crd"]>;
const crd = manifest("v1", "v2 storage", "v3 unserved") as unknown as Crd;
const alias = (version: string): string => `kubernetes:example.com/${version}:Database`;

async function made(
  make: (component: VersionedCRD) => pulumi.Resource,
  args: Partial<VersionedCRDArgs> = {},
  name = "main",
) {
  const { resources } = await ran({ databases: { crd, ...args } }, {}, (component) => [make(component)]);
  const resource = resources.get(name);
  if (resource === undefined) throw new Error(`${name} was not registered`);
  return { resource, resources };
}

test("resource: apiVersion of the storage version, kind of the CRD, own fields, after serve, at the root", async () => {
  const { resource } = await made((component) =>
    component.resource("main", { metadata: { name: "main" }, spec: { host: "h" } }),
  );
  expect(resource).toMatchObject({ type: alias("v2"), dependsOn: ["databases-serve"], parent: "" });
  expect(resource.inputs).toEqual({
    apiVersion: "example.com/v2",
    kind: "Database",
    metadata: { name: "main" },
    spec: { host: "h" },
  });
});

test("resource: an alias for every other version, none for its own", async () => {
  const { resource } = await made((component) => component.resource("main", {}));
  expect(resource.aliases).toEqual(expect.arrayContaining([alias("v1"), alias("v3"), alias("v1beta1")]));
  expect(resource.aliases).not.toContain(alias("v2"));
});

test("resource: a version of one's own choice", async () => {
  const { resource } = await made((component) => component.resource("main", { version: "v1" }));
  expect(resource).toMatchObject({ type: alias("v1"), inputs: { apiVersion: "example.com/v1" } });
  expect(resource.inputs).not.toHaveProperty("version");
  expect(resource.aliases).toContain(alias("v2"));
});

test("resource: options of one's own are kept beside ours", async () => {
  const other = () => new pulumi.ComponentResource("test:index:Other", "other");
  const { resource } = await made((component) =>
    component.resource(
      "main",
      {},
      { aliases: [{ type: "test:index:Former" }], dependsOn: component.phases.migrate, parent: other() },
    ),
  );
  expect(resource.dependsOn).toEqual(["databases-migrate", "databases-serve"]);
  expect(resource.aliases).toEqual(expect.arrayContaining(["test:index:Former", alias("v1")]));
  expect(resource.parent).toBe("other");
});

test.each<[string, Partial<VersionedCRDArgs>, string]>([
  ["the stack's own provider, where the component has no kubeconfig", {}, ""],
  ["a provider for the component's kubeconfig, made once", { kubeconfig: "kubeconfig" }, "databases-cluster"],
  ["a provider for the component's context", { context: "prod" }, "databases-cluster"],
])("resource goes to %s", async (_what, args, provider) => {
  const { resource, resources } = await made((component) => {
    component.resource("first", {});
    return component.resource("main", {});
  }, args);
  expect(resource.provider).toBe(provider);
  expect([...resources.keys()].filter((name) => name === "databases-cluster")).toHaveLength(provider === "" ? 0 : 1);
});

test.each<[string, string]>([
  ["v3", "main: version is v3\n  expected: one that the manifest of databases.example.com serves: v1, v2"],
  ["v9", "main: version is v9\n  expected: one that the manifest of databases.example.com serves: v1, v2"],
])("resource at %s, which is not served => an error on the component", async (version, message) => {
  await ran({ databases: { crd } }, {}, (component) => {
    const make = () => component?.resource("main", { version });
    expect(make).toThrow(message);
    expect(make).toThrow(pulumi.ResourceError);
    return [];
  });
});

test("aliases: each version of the manifest, those named as former, and the usual ones", async () => {
  await ran({ databases: { crd, formerVersions: ["2019-01-01"] } }, {}, (component) => {
    const types = component?.aliases().map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining([alias("v1"), alias("v2"), alias("2019-01-01"), alias("v2beta1")]));
    return [];
  });
});

describe("transform", () => {
  const transformed = async (type: string, aliases: pulumi.Alias[] = []) => {
    const { components } = await ran({ databases: { crd } });
    const args = { custom: true, type, name: "main", props: { spec: {} }, opts: { aliases, protect: true } };
    const result = await components[0]?.transform(args);
    return result;
  };

  test("an object of the kind gets the aliases of the other versions; all else stays", async () => {
    const result = await transformed(alias("v1"), [{ name: "former" }]);
    expect(result?.props).toEqual({ spec: {} });
    expect(result?.opts).toMatchObject({ protect: true });
    expect(result?.opts.aliases).toEqual(expect.arrayContaining([{ name: "former" }, { type: alias("v2") }]));
    expect(result?.opts.aliases).not.toContainEqual({ type: alias("v1") });
  });

  test("any other resource is left alone", async () => {
    expect(await transformed("kubernetes:apps/v1:Deployment")).toBeUndefined();
    expect(await transformed("kubernetes:example.org/v1:Database")).toBeUndefined();
  });
});

test("group, kind or versions that are outputs: the error says what to do", async () => {
  const given = pulumi.output(Promise.resolve(crd as object)) as unknown as Crd;
  await ran({ databases: { crd: given } }, {}, (component) => {
    expect(() => component?.aliases()).toThrow(
      "aliases: the manifest's group, kind or versions are outputs of another resource\n  expected: plain values",
    );
    return [];
  });
});

test("definition: the official view, a child read by the last phase's id, made once", async () => {
  const seen = await ran({ databases: { crd } }, {}, (component) => {
    const first = component?.definition;
    expect(component?.definition).toBe(first);
    return first === undefined ? [] : [first];
  });
  expect([...seen.resources.keys()]).not.toContain("databases-definition"); // it is read, not registered
});

test("nothing of @pulumi/kubernetes is loaded with the package: types alone are imported, but by what is loaded when first used", () => {
  const folder = path.join(__dirname, "../../../../components");
  const files = fs.readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const imported = (pattern: RegExp): string[] =>
    files
      .filter((file) => !file.startsWith("conversionWebhook/"))
      .flatMap((file) => [...fs.readFileSync(path.join(folder, file), "utf8").matchAll(pattern)].map(([line]) => line));
  for (const pattern of [/^import .*"@pulumi\/kubernetes.*$/gm, /^import .*"[./]+\/conversionWebhook\/.*$/gm]) {
    expect(imported(pattern).length).toBeGreaterThan(0);
    expect(imported(pattern).filter((line) => !line.startsWith("import type"))).toEqual([]);
  }
});
