import { execFileSync } from "child_process";
import * as pulumi from "@pulumi/pulumi";
import { VersionedCRD } from "../../../components";
import { manifest, withWebhook } from "../fixtures";

const both = manifest("v1", "v2 storage");

beforeEach(() =>
  pulumi.runtime.setMocks({
    call: () => ({}),
    newResource: ({ inputs, name }) => ({ id: name, state: inputs as Record<string, unknown> }),
  }),
);

test.each<[string, object, string]>([
  [
    "neither file nor crd",
    {},
    "neither `file` nor `crd` given\n  expected: exactly one\n  next:     point `file` at the CRD's manifest",
  ],
  [
    "both of them",
    { file: "crd.yaml", crd: both },
    "`file` and `crd` given\n  expected: exactly one\n  next:     point `file` at the CRD's manifest",
  ],
  [
    "an unknown stopAfter",
    { crd: both, stopAfter: "flip" },
    "stopAfter is flip\n  expected: one of serve, rehearse, store, migrate, drop",
  ],
  [
    "a backup of neither kind",
    { crd: both, backup: { dir: "backups" } },
    'backup has dir\n  expected: one of { directory: "…" } and { command: ["…"] }',
  ],
  [
    "a misspelt argument, which would hold nothing back",
    { crd: both, stopafter: "migrate" },
    "unknown argument stopafter\n  expected: only acknowledge, adoptFrom, backup, before, clusterId, context, conversion, crd, decommissionedServers, file, formerVersions, kubeconfig, migrator, name, onDelete, ownerReferences, protect, recreate, requestTimeoutSeconds, requireAcknowledgement, skipOwnerSearch, stopAfter, takeOverFrom\n  next:     write stopAfter",
  ],
  [
    "a requirement as text, which would hold nothing back",
    { crd: both, requireAcknowledgement: "true" },
    "requireAcknowledgement is of type string\n  expected: true or false",
  ],
  [
    "a text where a list is meant, of which every part would count",
    { crd: both, decommissionedServers: "cp-21" },
    'decommissionedServers is of type string\n  expected: a list of texts, such as ["…"]',
  ],
  [
    "a file that is not there",
    { file: "missing.yaml" },
    `missing.yaml: cannot be read (ENOENT)\n  expected: a file with a CustomResourceDefinition\n  next:     check \`file\`, which is relative to ${process.cwd()}`,
  ],
  [
    "a manifest without a storage version",
    { crd: manifest("v1", "v2") },
    "crd: spec.versions: no version has storage: true\n  expected: exactly one storage version\n  next:     set storage: true on one of v1, v2",
  ],
  [
    "a manifest of another kind",
    { crd: { apiVersion: "v1", kind: "Secret" } },
    "crd: found apiVersion v1, kind Secret\n  expected: apiVersion apiextensions.k8s.io/v1, kind CustomResourceDefinition\n  next:     give the CRD itself, not an object of it",
  ],
  [
    "a webhook in the manifest and in `conversion`",
    { crd: withWebhook(both), conversion: { url: "https://convert.example.com/" } },
    "databases.example.com: both the manifest (spec.conversion) and `conversion` name a webhook\n  expected: one of them\n  next:     remove either",
  ],
])("%s => an error on the component, when it is made", (_what, args, message) => {
  const make = () => new VersionedCRD("databases", args);
  expect(make).toThrow(message);
  expect(make).toThrow(pulumi.ResourceError);
});

test("an error that needs the value of an output ends the program too, before any phase is registered", () => {
  const conversion = { url: "http://convert.example.com/" };
  const { message, ...more } = outcomeOf(both, conversion);
  expect(message).toContain(
    "databases.example.com: `conversion.url` is http://convert.example.com/\n  expected: https://",
  );
  expect(more).toEqual({ isResourceError: true, registered: ["databases"] });
});

/**
 * The end of a program with this CRD and a conversion that is known later, in a process of its own: an error that turns
 * up after the constructor has returned is a rejection nobody can catch, which ends the program, and here would end jest.
 */
function outcomeOf(
  crd: object,
  conversion: object,
): { isResourceError: boolean; message: string; registered: string[] } {
  const program = `
    const pulumi = require("@pulumi/pulumi");
    const registered = [];
    process.on("unhandledRejection", (error) => {
      const isResourceError = pulumi.ResourceError.isInstance(error);
      setTimeout(() => { console.log(JSON.stringify({ isResourceError, message: error.message, registered })); process.exit(); }, 100);
    });
    const newResource = ({ name, inputs }) => (registered.push(name), { id: name, state: inputs });
    pulumi.runtime.setMocks({ call: () => ({}), newResource }).then(() => {
      const [crd, conversion] = JSON.parse(process.argv[1]);
      new (require("./components").VersionedCRD)("databases", { crd, conversion: pulumi.output(Promise.resolve(conversion)) });
    });`;
  const options = ["-r", "ts-node/register/transpile-only", "-e", program, JSON.stringify([crd, conversion])];
  return JSON.parse(execFileSync(process.execPath, options, { encoding: "utf8" })) as ReturnType<typeof outcomeOf>;
}
