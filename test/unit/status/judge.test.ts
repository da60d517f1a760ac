import type { Definition } from "../../../components/crd/definition";
import type { CrdFacts, WebhookFacts } from "../../../components/status/facts";
import type { Verdict } from "../../../components/status/finding";
import { judgeCrd } from "../../../components/status/judge";
import { manifest } from "../fixtures";
import { question, seen } from "./seen";

const hook = (given: Partial<WebhookFacts> = {}): { webhook: WebhookFacts } => ({
  webhook: { at: "Webhook https://hook/convert", answer: { state: "ok", why: "" }, caBundle: {}, ...given },
});
const ends = (day: string): string => `${day}T00:00:00.000Z`;
const established = (status: string, reason: string): Partial<CrdFacts> => ({
  conditions: [
    { type: "NamesAccepted", status: "True" },
    { type: "Established", status, reason, message: "because" },
  ],
});
const sample = { objects: 500, all: false, managedFields: {}, ownerReferences: {} };
const proof = { storageVersion: "v2", generation: 3, resourceVersion: "17", valid: true };

test.each<[string, CrdFacts, Verdict, RegExp | undefined]>([
  ["one version", seen("v1*"), "ok", undefined],
  ["two versions, and what is stored is the storage version", seen("v1 v2*"), "ok", undefined],
  ["a proof that holds", seen("v1 v2*", { proof }), "ok", undefined],
  ["a webhook that answers", seen("v1 v2*", hook()), "ok", undefined],
  ["a webhook that nobody could ask", seen("v1 v2*", hook({ answer: { state: "unknown", why: "" } })), "ok", undefined],
  ["objects that may not be listed", seen("v1*", { objects: { state: "forbidden" } }), "ok", undefined],

  [
    "an older version stored",
    seen("v1 v2*", { storedVersions: ["v1", "v2"] }),
    "migrate",
    /objects may be stored in v1/,
  ],
  [
    "an older version stored, and no object at all",
    seen("v1 v2*", { storedVersions: ["v1", "v2"], objects: { state: "counted", count: 0 } }),
    "migrate",
    /no object to rewrite, but a release that drops v1 is refused/,
  ],
  [
    "a proof from before an edit",
    seen("v1 v2*", { proof: { ...proof, generation: 2, valid: false } }),
    "migrate",
    /it is of generation 2, and the CRD is at 3/,
  ],
  ["a proof from before a restore", seen("v1 v2*", { proof: { ...proof, valid: false } }), "migrate", /was restored/],
  ["objects from before the CRD", seen("v1 v2*", { outlived: true }), "migrate", /may be stored in any version/],
  [
    "managedFields at a version that is gone",
    seen("v2*", { sample: { ...sample, managedFields: { v1: 4 } } }),
    "migrate",
    /does not have any more \(looked at the first 500 objects\):\s+v1: 4 objects/,
  ],
  [
    "managedFields at a version that is there and not served: a warning",
    seen("v1- v2*", { sample: { ...sample, all: true, objects: 1, managedFields: { v1: 1 } } }),
    "ok",
    /not served \(looked at the one object there is\):\s+v1: 1 object\b/,
  ],
  [
    "owner references at a version that is not served: a warning",
    seen("v1*", { sample: { ...sample, ownerReferences: { "example.com/v0 Database": 2 } } }),
    "ok",
    /example\.com\/v0 Database: 2 objects/,
  ],
  [
    "writes through a deprecated version: a warning",
    seen("v1! v2*", { requests: { v1: { writes: 7, others: 0 } } }),
    "ok",
    /v1 is deprecated, and was written through/,
  ],
  ["reads at a deprecated version", seen("v1! v2*", { requests: { v1: { writes: 0, others: 7 } } }), "ok", undefined],
  [
    "writes through a version that is not deprecated",
    seen("v1 v2*", { requests: { v1: { writes: 7, others: 0 } } }),
    "ok",
    undefined,
  ],

  [
    "being deleted",
    seen("v1*", { deletionTimestamp: "2026-10-01T00:00:00Z" }),
    "blocked",
    /being deleted since 2026-10/,
  ],
  [
    "not established",
    seen("v1*", established("False", "NotAccepted")),
    "blocked",
    /Established is False \(NotAccepted: bec/,
  ],
  ["no conditions at all", seen("v1*", { conditions: [] }), "blocked", /NamesAccepted is not there/],
  [
    "a caBundle that is none",
    seen("v1*", hook({ caBundle: { wrong: "holds no certificate" } })),
    "blocked",
    /caBundle holds no/,
  ],
  [
    "a dead webhook",
    seen("v1 v2*", hook({ answer: { state: "problem", why: "connection refused" } })),
    "blocked",
    /does not answer as it should: connection refused/,
  ],
  [
    "a stored version that spec.versions does not have",
    seen("v2*", { storedVersions: ["v1", "v2"] }),
    "blocked",
    /storedVersions names v1, which spec\.versions does not have/,
  ],
  [
    "a certificate that has ended",
    seen("v1*", hook({ serverCertificateEnds: ends("2026-10-31") })),
    "blocked",
    /ended on 2026-10-31/,
  ],
  [
    "a caBundle that has ended",
    seen("v1*", hook({ caBundle: { ends: ends("2026-10-31") } })),
    "blocked",
    /caBundle ended on 2026-10-31/,
  ],
  [
    "one that ends in 30 days: a warning",
    seen("v1*", hook({ serverCertificateEnds: ends("2026-12-01") })),
    "ok",
    /ends on 2026-12-01/,
  ],
  ["one that ends in 31 days", seen("v1*", hook({ serverCertificateEnds: ends("2026-12-02") })), "ok", undefined],

  [
    "objects that cannot be listed, whatever else there is",
    seen("v1 v2*", { storedVersions: ["v1", "v2"], objects: { state: "unreadable", why: "no kind registered" } }),
    "broken",
    /cannot be listed: no kind registered/,
  ],
])("%s", (_, facts, verdict, said) => {
  const judged = judgeCrd(facts, question());
  const text = judged.findings
    .map(({ problem: { what, items = [], why } }) => [what + (items.length > 0 ? ":" : ""), ...items, why].join("\n  "))
    .join("\n");
  expect(judged.verdict).toBe(verdict);
  if (said === undefined) expect(judged.findings).toEqual([]);
  else expect(text).toMatch(said);
});

test("the worst comes first, and each says what to do", () => {
  const facts = seen("v1 v2*", {
    storedVersions: ["v1", "v2"],
    objects: { state: "unreadable", why: "conversion webhook for x failed: refused" },
    ...hook({ answer: { state: "problem", why: "refused" } }),
  });
  const { findings } = judgeCrd(facts, question());
  expect(findings.map(({ verdict }) => verdict)).toEqual(["broken", "blocked", "migrate"]);
  for (const { problem } of findings) expect(problem.next).toMatch(/\w/);
  expect(findings[2]?.problem.next).toBe("kubernetes-storage-migration migrate databases.example.com");
});

test("a CRD that a VersionedCRD owns is moved by its program, not by the command", () => {
  const facts = seen("v1 v2*", {
    storedVersions: ["v1", "v2"],
    manifest: { versionedCRD: "acme/platform/prod/databases", tools: [], managers: [] },
  });
  expect(judgeCrd(facts, question()).findings[0]?.problem.next).toBe(
    "run `pulumi up` of the program that owns it: acme/platform/prod/databases",
  );
});

describe("against the next release", () => {
  const next = (definition: Definition) => question({ next: { where: "crds/databases.yaml", manifest: definition } });
  const live = seen("v1 v2*", { storedVersions: ["v1", "v2"] });
  const group = (manifest: Definition, spec: Partial<Definition["spec"]>): Definition => ({
    ...manifest,
    spec: { ...manifest.spec, ...spec },
  });

  test.each<[string, CrdFacts, Definition, RegExp, RegExp]>([
    [
      "a stored version is dropped: migrate first",
      live,
      manifest("v2 storage"),
      /would refuse crds\/databases\.yaml: it does not have v1, which status\.storedVersions names/,
      /^before the upgrade: kubernetes-storage-migration migrate databases\.example\.com$/,
    ],
    [
      "the storage version is dropped: a release in between",
      seen("v1*"),
      manifest("v2 storage"),
      /does not have v1/,
      /a release first that has v1 and a newer storage version/,
    ],
    ["no storage version", live, manifest("v1", "v2"), /no version has storage: true/, /set storage: true/],
    ["two storage versions", live, manifest("v1 storage", "v2 storage"), /v1, v2 have storage: true/, /set storage/],
    [
      "another scope",
      live,
      group(manifest("v1", "v2 storage"), { scope: "Cluster" }),
      /spec\.scope is Cluster/,
      /another name/,
    ],
  ])("%s", (_, facts, definition, what, todo) => {
    const { verdict, findings } = judgeCrd(facts, next(definition));
    expect(verdict).toBe("blocked");
    expect(findings[0]?.problem.what).toMatch(what);
    expect(findings[0]?.problem.next).toMatch(todo);
  });

  test("what keeps every stored version is not refused", () => {
    expect(judgeCrd(live, next(manifest("v1", "v2 storage"))).verdict).toBe("migrate");
    expect(judgeCrd(seen("v1 v2*"), next(manifest("v2 storage"))).verdict).toBe("ok");
  });
});
