import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import * as pulumi from "@pulumi/pulumi";
import Ajv from "ajv";
import { asArgs, checkStackConfig, readStackConfig } from "../../../config";
import { messageOf } from "../fixtures";

const crd = { name: "databases", file: "crds/databases.yaml" };
const url = "https://convert.example.com/";
const withCrd = (more: object) => ({ crds: [{ ...crd, ...more }] });

test("the smallest configuration: one CRD with name and file", () => {
  expect(checkStackConfig({ crds: [crd] })).toEqual([]);
});

test("every key that the schema knows passes together", () => {
  const conversion = {
    service: { namespace: "ns", name: "convert", path: "/crd", port: 8443 },
    caBundleFile: "ca.pem",
  };
  const all = {
    crd: "databases.example.com",
    stopAfter: "store",
    migrator: "direct",
    requestTimeoutSeconds: 30,
    decommissionedServers: ["cp-2"],
    acknowledge: [{ check: "maximum-lowered", path: "v1.spec.replicas", reason: "no object has more" }],
    requireAcknowledgement: true,
    backup: { directory: "backups" },
  };
  const cluster = { kubeconfig: "kubeconfig", context: "prod" };
  expect(checkStackConfig({ cluster, crds: [{ ...crd, ...all, conversion }] })).toEqual([]);
});

const CRD_KEYS =
  "name, file, crd, conversion, stopAfter, migrator, requestTimeoutSeconds, decommissionedServers, ownerReferences, skipOwnerSearch, backup, acknowledge, requireAcknowledgement";

test.each<[string, Record<string, unknown>, string]>([
  ["no crds", {}, "(top level): crds or rotations is missing; see config/schema.json"],
  [
    "a command line in place of a program and its arguments, which may hold a password",
    { crds: [{ name: "a", file: "b", backup: { command: "velero --token=x" } }] },
    "crds.0 (a).backup.command: found a string; expected array",
  ],
  [
    "an unknown top-level key",
    { crds: [], crd: 1 },
    "(top level): unknown key crd; expected one of cluster, crds, rotations, encryptionKeys",
  ],
  ["crds that is no list", { crds: crd }, `crds: found ${JSON.stringify(crd)}; expected array`],
  ["no name", { crds: [{ file: "a" }] }, "crds.0: name is missing; see config/schema.json"],
  ["no file", { crds: [{ name: "a" }] }, "crds.0 (a): file is missing; see config/schema.json"],
  ["an empty file", withCrd({ file: "" }), 'crds.0 (databases).file: found ""; expected at least 1 character'],
  ["a wrong type", withCrd({ file: 7 }), "crds.0 (databases).file: found 7; expected string"],
  [
    "a mistyped key",
    withCrd({ stopafter: "drop" }),
    `crds.0 (databases): unknown key stopafter; expected one of ${CRD_KEYS}`,
  ],
  [
    "an unknown phase",
    withCrd({ stopAfter: "flip" }),
    'crds.0 (databases).stopAfter: found "flip"; expected one of serve, rehearse, store, migrate, drop',
  ],
  [
    "an unknown migrator",
    withCrd({ migrator: "auto" }),
    'crds.0 (databases).migrator: found "auto"; expected one of in-tree, direct',
  ],
  [
    "a timeout of 0",
    withCrd({ requestTimeoutSeconds: 0 }),
    "crds.0 (databases).requestTimeoutSeconds: found 0; expected >= 1",
  ],
  [
    "half a second",
    withCrd({ requestTimeoutSeconds: 1.5 }),
    "crds.0 (databases).requestTimeoutSeconds: found 1.5; expected integer",
  ],
  [
    "one host as text",
    withCrd({ decommissionedServers: "cp-2" }),
    'crds.0 (databases).decommissionedServers: found "cp-2"; expected array',
  ],
  [
    "http://",
    withCrd({ conversion: { url: "http://a" } }),
    'crds.0 (databases).conversion.url: found "http://a"; expected something that matches ^https://',
  ],
  [
    "half a Service",
    withCrd({ conversion: { service: { name: "a" } } }),
    "crds.0 (databases).conversion.service: namespace is missing; see config/schema.json",
  ],
  [
    "a mistyped conversion key",
    withCrd({ conversion: { url, caBundle: "x" } }),
    "crds.0 (databases).conversion: unknown key caBundle; expected one of url, service, caBundleFile",
  ],
  [
    "a mistyped cluster key",
    { crds: [], cluster: { config: "a" } },
    "cluster: unknown key config; expected one of kubeconfig, context, clusterId",
  ],
])("%s is an error that names it", (_what, found, problem) => {
  expect(checkStackConfig(found)).toEqual([problem]);
});

test("every problem is told at once", () => {
  expect(checkStackConfig({ crds: [{ name: "" }, { ...crd, colour: "red" }] })).toHaveLength(3);
});

test("two CRDs with one name are an error: the name is part of every URN", () => {
  expect(checkStackConfig({ crds: [crd, { ...crd, file: "other.yaml" }, { ...crd, name: "caches" }] })).toEqual([
    "crds: the name databases stands there more than once; expected each once; rename one",
  ]);
});

test("the schema itself is a valid JSON schema, and describes every key of a CRD", () => {
  const schema = JSON.parse(fs.readFileSync("config/schema.json", "utf8")) as {
    properties: { crds: { items: { properties: Record<string, { description?: string }> } } };
  };
  expect(new Ajv({ allowUnionTypes: true }).validateSchema(schema)).toBe(true);
  expect(Object.values(schema.properties.crds.items.properties).every(({ description }) => description)).toBe(true);
});

describe("asArgs", () => {
  test("`crd` of the configuration is `name` of the component, and the component's name is not an argument", () => {
    expect(asArgs({ ...crd, crd: "databases.example.com" }, undefined)).toEqual({
      file: crd.file,
      name: "databases.example.com",
    });
  });

  test("the cluster goes to every CRD, the rest as it is", () => {
    const args = {
      stopAfter: "store",
      migrator: "direct",
      requestTimeoutSeconds: 30,
      decommissionedServers: ["cp-2"],
    } as const;
    const cluster = { kubeconfig: "kubeconfig", context: "prod" };
    expect(asArgs({ ...crd, ...args, decommissionedServers: ["cp-2"] }, cluster)).toEqual({
      file: crd.file,
      ...args,
      ...cluster,
    });
  });

  test("the content of caBundleFile becomes caBundle", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "config-"));
    const caBundleFile = path.join(folder, "ca.pem");
    fs.writeFileSync(caBundleFile, "-----BEGIN CERTIFICATE-----\n");
    expect(asArgs({ ...crd, conversion: { url, caBundleFile } }, undefined).conversion).toEqual({
      url,
      caBundle: "-----BEGIN CERTIFICATE-----\n",
    });
    fs.rmSync(folder, { recursive: true });
  });

  test("a caBundleFile that is not there is an error that names it", () => {
    const conversion = { url, caBundleFile: "missing.pem" };
    expect(messageOf(() => asArgs({ ...crd, conversion }, undefined))).toBe(
      "conversion.caBundleFile is missing.pem, which cannot be read; expected a PEM file, relative to the project",
    );
  });
});

describe("readStackConfig", () => {
  const before = process.env["PULUMI_CONFIG"];
  afterEach(() => {
    if (before === undefined) delete process.env["PULUMI_CONFIG"];
    else process.env["PULUMI_CONFIG"] = before;
  });

  /** The stack's configuration as the engine hands it to a program. */
  function configure(config: Record<string, string>): void {
    void pulumi.runtime.setMocks(
      { call: () => ({}), newResource: ({ inputs }) => ({ id: "", state: inputs as object }) },
      "program",
    );
    pulumi.runtime.setAllConfig(config);
  }

  test("reads the keys of the project and leaves other namespaces alone", () => {
    configure({ "program:crds": JSON.stringify([crd]), "kubernetes:context": "prod" });
    expect(readStackConfig()).toEqual({ crds: [crd] });
  });

  test("a mistyped key of the project is an error under one heading", () => {
    configure({ "program:crds": JSON.stringify([crd]), "program:clusters": "{}" });
    expect(messageOf(readStackConfig)).toBe(
      "stack configuration:\n  (top level): unknown key clusters; expected one of cluster, crds, rotations, encryptionKeys",
    );
  });

  test("what is wrong is an error without a stack trace", () => {
    configure({});
    expect(readStackConfig).toThrow(pulumi.RunError);
  });

  test("a value that is no JSON is an error that names the key", () => {
    configure({ "program:crds": "[{" });
    expect(messageOf(readStackConfig)).toContain("program:crds");
  });
});
