import * as fs from "fs";
import { readManifest } from "../../components/crd/manifest";
import { explainAnswer, explainUnreachable } from "../../components/kubernetes/explain";
import { describeProblem } from "../../components/kubernetes/problem";
import { TransportError } from "../../components/kubernetes/transport";
import { withFailures } from "../../components/migration/rewrite/failures";
import { whyAnotherCluster } from "../../components/provider/sameCluster";
import { checkAdoption } from "../../components/versionedCRD/adoption";
import { checkServe } from "../../components/versionedCRD/checks/checkServe";
import { objectsReadable } from "../../components/versionedCRD/checks/objectsReadable";
import { checkOwnersAtDrop } from "../../components/versionedCRD/checks/ownersAtDrop";
import { storedInMissingVersion } from "../../components/versionedCRD/checks/storedInMissingVersion";
import { servedStage } from "../../components/versionedCRD/stages";
import { checkout } from "../../local/checkout";
import { applied } from "./apiServer";
import { manifest, messageOf, OWNER, schema, version, withMetadata } from "./fixtures";

/** docs/troubleshooting.md: each output it shows is what the package says. */
const page = fs.readFileSync(checkout("docs/troubleshooting.md"), "utf8");
const shown = [...page.matchAll(/```text\n([^]*?)\n```/g)].map(([, text = ""]) => text);

const v1 = applied(undefined, servedStage(manifest(version("v1 storage", schema("host", "port"))), undefined, OWNER));
const othersV1 = applied(undefined, servedStage(manifest("v1 storage"), undefined, "acme/other/prod/databases"));
const v2 = manifest(version("v1", schema("host", "port")), version("v2 storage", schema("host")));

function madeBy(manager: string) {
  const fieldsV1 = { "f:spec": { "f:versions": {} } };
  const managedFields = [{ manager, operation: "Update", time: "2026-11-01T10:00:00Z", fieldsV1 }];
  return withMetadata(manifest("v1 storage"), { managedFields });
}

const forbidden =
  'databases.example.com is forbidden: User "ci" cannot list resource "databases" in API group "example.com" at the cluster scope';
const outputs: [string, string | undefined][] = [
  [
    "a cluster that does not answer",
    explainUnreachable(new TransportError("ECONNREFUSED", "connect", false), "https://10.0.0.1:6443", "prod").message,
  ],
  [
    "a right that is missing",
    explainAnswer(
      { method: "GET", path: "/apis/example.com/v1/databases" },
      { status: 403, headers: {}, text: JSON.stringify({ kind: "Status", message: forbidden }) },
      "https://10.0.0.1:6443",
    ).message,
  ],
  [
    "another cluster",
    describeProblem(
      whyAnotherCluster(
        { live: "7c1e", recorded: "90ab", expected: undefined },
        "https://10.0.0.1:6443 (context prod)",
      ) ?? { what: "" },
    ),
  ],
  [
    "a manifest that is not there",
    messageOf(() => readManifest("crds/database.yaml", undefined))?.replace(process.cwd(), "/project"),
  ],
  ["conversion None that loses a field", checkServe({ manifest: v2, owner: OWNER }, v1).problems[0]],
  [
    "another owner",
    checkServe({ manifest: manifest("v1 storage"), owner: "acme/platform/prod/databases" }, othersV1).problems[0],
  ],
  [
    "another writer",
    checkAdoption(
      madeBy("helm"),
      manifest("v1", "v2 storage"),
      { owner: OWNER, takeOverFrom: [], adopts: false },
      "nothing",
    )[0],
  ],
  [
    "objects that cannot be listed",
    objectsReadable(v2, v1, 'no kind "Database" is registered for version "example.com/v0"', true).problems[0],
  ],
  [
    "objects in a version that is gone",
    describeProblem(
      storedInMissingVersion(v1, 'no kind "Database" is registered for version "example.com/v0"') ?? { what: "" },
    ),
  ],
  [
    "objects that would fail",
    describeProblem(
      withFailures(
        {
          what: "databases.example.com: rehearsal v1 → v2: 12 of 4180 objects would fail; nothing was flipped or rewritten",
          expected: "none",
          next: "fix these objects (or the conversion) and run `pulumi up` again",
        },
        [{ name: "default/orders", message: 'spec.port: Invalid value: "x": spec.port in body should match ^[0-9]+$' }],
        12,
      ),
    ),
  ],
  [
    "objects that are owned through the old version",
    checkOwnersAtDrop(
      { found: 1, named: ["secrets default/orders-credentials"], unsearched: [] },
      {
        crd: "databases.example.com",
        owner: { apiVersions: ["example.com/v1"], kind: "Database" },
        storageAPIVersion: "example.com/v2",
        declared: [],
        rewritten: false,
        failed: [],
      },
    ).problems[0],
  ],
];

test.each(outputs)("%s: the page shows what is said", (_what, output) => {
  expect(shown).toContain(output);
});

test("the page shows nothing else", () => {
  expect(shown.filter((text) => !outputs.some(([, output]) => output === text))).toEqual([]);
});
