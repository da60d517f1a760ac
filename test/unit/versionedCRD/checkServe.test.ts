import type { Acknowledgement } from "../../../components/compatibility/acknowledgements";
import { makeAuthorityCertificate } from "../../../components/conversionWebhook/authority/makeCertificate";
import type { Definition, Version } from "../../../components/crd/definition";
import { checkedManifest } from "../../../components/crd/manifest";
import { OWNER_ANNOTATION, REHEARSAL_ANNOTATION } from "../../../components/crd/names";
import { checkServe } from "../../../components/versionedCRD/checks/checkServe";
import { objectsReadable } from "../../../components/versionedCRD/checks/objectsReadable";
import { servedStage } from "../../../components/versionedCRD/stages";
import { applied } from "../apiServer";
import { manifest, OWNER, schema, version, withMetadata, withSpec, withStored, withWebhook } from "../fixtures";

const check = (wanted: Definition, live?: Definition, acknowledge?: Acknowledgement[]) =>
  checkServe({ manifest: wanted, owner: OWNER, ...(acknowledge && { acknowledge }) }, live);
const problems = (wanted: Definition, live?: Definition) => check(wanted, live).problems;
const live = (given: Definition) => applied(undefined, servedStage(given, undefined, OWNER));
const v1 = (words: string, ...fields: string[]): Version => version(`v1 ${words}`, schema(...fields));
const v2 = (words: string, ...fields: string[]): Version => version(`v2 ${words}`, schema(...fields));

function lacks(to: string, fields: string, from: string): string {
  return `databases.example.com: conversion is None and ${to}'s schema lacks ${fields} of ${from}\n  expected: every field of ${from} in ${to}\n  why:      the rewrite ${from} → ${to} would delete these fields from every object\n  next:     add the fields to ${to}, or give a conversion webhook`;
}

/** The same where no object may be stored in `from`. */
function writesLost(to: string, fields: string, from: string): string {
  return lacks(to, fields, from).replace(
    /why:.*/,
    `why:      what is written as ${from} is stored as ${to}, which loses these fields`,
  );
}

test("a first install with alike schemas has no problems", () => {
  expect(check(manifest("v1", "v2 storage"))).toEqual({ notes: [], problems: [], warnings: [] });
});

test("a version that is to be unserved and stays in the manifest: nobody looks for what is owned through it, and that is said", () => {
  const warnings = (wanted: Definition) => check(wanted, live(manifest("v1", "v2 storage"))).warnings;
  expect(warnings(manifest("v1 unserved", "v2 storage"))).toEqual([
    expect.stringMatching(
      /^databases\.example\.com: v1 is to be served: false .* name example\.com\/v1 Database are not looked for/s,
    ),
  ]);
  const already = live(manifest("v1 unserved", "v2 storage"));
  expect(check(manifest("v1 unserved", "v2 storage"), already).warnings).toEqual([]);
  expect(warnings(manifest("v2 storage"))).toEqual([]); // drop looks for them
});

test("conversion None and a field that the storage version lacks => refused at the first install already", () => {
  const wanted = manifest(v1("", "host", "port"), v2("storage", "host"));
  expect(problems(wanted)).toEqual([writesLost("v2", ".spec.port", "v1")]);
});

test("conversion None and a new version with a field that the version in storage lacks => no rewrite is threatened, and the way out is to store it", () => {
  const wanted = manifest(v1("storage", "host"), v2("", "host", "port"));
  expect(problems(wanted, live(manifest(v1("storage", "host"))))).toEqual([
    "databases.example.com: conversion is None and v1's schema lacks .spec.port of v2\n  expected: every field of v2 in v1\n  why:      what is written as v2 is stored as v1, which loses these fields\n  next:     add the fields to v1, make v2 the storage version, or give a conversion webhook",
  ]);
});

test("the same with a webhook => allowed: it is the webhook's business", () => {
  const wanted = withWebhook(manifest(v1("", "host", "port"), v2("storage", "host")));
  expect(problems(wanted, live(manifest(v1("storage", "host", "port"))))).toEqual([]);
});

test("a live version that the manifest no longer names counts: its objects are rewritten", () => {
  expect(problems(manifest(v2("storage", "host")), live(manifest(v1("storage", "host", "port"))))).toEqual([
    lacks("v2", ".spec.port", "v1"),
  ]);
});

test("a field taken from the storage version in place => refused", () => {
  expect(problems(manifest(v1("storage", "host")), live(manifest(v1("storage", "host", "port"))))).toEqual([
    "databases.example.com: objects are stored in v1, and its schema in the manifest lacks .spec.port, which the cluster's has\n  expected: every field\n  why:      a rewrite would delete these fields from every object\n  next:     put them back, or change them in a new version with a conversion webhook",
  ]);
});

test("a field taken from the live storage version in the same edit that moves storage => refused", () => {
  const wanted = manifest(v1("", "host"), v2("storage", "host"));
  const found = problems(wanted, live(manifest(v1("storage", "host", "port"))));
  expect(found).toEqual([lacks("v2", ".spec.port", "v1"), expect.stringMatching(/loses v1\.spec\.port/)]);
});

test("a change that breaks nobody and is worth knowing => a note, not a warning", () => {
  const { problems: none, warnings, notes } = check(manifest("v1", "v2 storage"), live(manifest("v1 storage")));
  expect([none, warnings]).toEqual([[], []]);
  expect(notes).toEqual([
    expect.stringMatching(
      /^databases\.example\.com: 1 change worth knowing:\n {4}\S+: .*\(version-priority-changed\)$/,
    ),
  ]);
});

test("the same with a webhook => refused too: nobody asks it for a version's own objects", () => {
  const wanted = withWebhook(manifest(v1("", "host"), v2("storage", "host")));
  const found = problems(wanted, live(manifest(v1("storage", "host", "port"))));
  expect(found).toEqual([expect.stringMatching(/loses v1\.spec\.port\n {2}expected: +every field/)]);
});

describe("a field taken from the storage version while storage stays: each next write deletes it", () => {
  const wanted = withWebhook(manifest(v1("storage", "host")));
  const before = live(manifest(v1("storage", "host", "port")));
  const known = { check: "field-removed", path: "v1.spec.port", reason: "nobody sets it" };

  test("=> refused, with the finding and how to accept it", () => {
    const [only = "", ...others] = problems(wanted, before);
    expect(others).toEqual([]);
    expect(only.split("\n")).toEqual([
      "databases.example.com: 1 change of what the cluster has would break clients or stored objects:",
      expect.stringMatching(/^ {4}v1\.spec\.port: .+ \(field-removed\)$/),
      "  expected: none: a version that is there keeps its promises, and a new version is free",
      expect.stringMatching(/^ {2}why: {6}The API server deletes the field from each object/),
      expect.stringMatching(/set acknowledge: \[{ check: "field-removed", path: "v1\.spec\.port", reason: "…" }\]$/),
    ]);
  });

  test("acknowledged => a warning that has the reason", () => {
    const { problems: none, warnings } = check(wanted, before, [known]);
    expect(none).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(/v1\.spec\.port: .*; acknowledged: nobody sets it$/)]);
  });

  test("an acknowledgement of something else => refused too; of a change that is in the cluster by now => nothing said", () => {
    const other = { ...known, path: "v1.spec.prot" };
    expect(check(wanted, before, [known, other]).problems).toEqual([
      expect.stringMatching(/acknowledge names field-removed of v1\.spec\.prot, which is not found/),
    ]);
    expect(check(wanted, live(wanted), [known])).toEqual({ notes: [], problems: [], warnings: [] });
  });
});

test("more than ten findings are told as ten and a count", () => {
  const fields = Array.from({ length: 12 }, (_, index) => `f${String(index).padStart(2, "0")}`);
  const [problem = ""] = problems(withWebhook(manifest(v1("storage"))), live(manifest(v1("storage", ...fields))));
  expect(problem).toContain("12 changes of what the cluster has");
  expect(problem.match(/field-removed\)/g)).toHaveLength(10);
  expect(problem).toContain("\n    … and 2 more\n");
});

test("conversion None, and a field that only the new storage version has => whoever writes through v1 drops it, and that is said", () => {
  const { problems: none, warnings } = check(
    manifest(v1("", "host"), v2("storage", "host", "port")),
    live(manifest(v1("storage", "host"))),
  );
  expect(none).toEqual([]);
  expect(warnings).toEqual([expect.stringMatching(/v1\.spec\.port: v2 → v1: .*\(field-dropped-by-writers\)/)]);
});

test("storage has flipped and objects are still stored as v1: a field taken from v1 => refused; once proven it is for its clients to accept", () => {
  const flipped = live(withWebhook(manifest(v1("", "host", "port"), v2("storage", "host"))));
  const wanted = withWebhook(manifest(v1("", "host"), v2("storage", "host")));
  expect(problems(wanted, withMetadata(withStored(flipped, "v1", "v2"), { generation: 2 }))).toEqual([
    expect.stringMatching(/the schema in which objects are stored loses v1\.spec\.port\n {2}expected: +every field/),
  ]);
  expect(problems(wanted, withStored(flipped, "v2"))).toEqual([
    expect.stringMatching(/v1\.spec\.port: .*\(field-removed\)/),
  ]);
});

test("one field lost by the live and the wanted v1 is told once", () => {
  const wanted = manifest(v1("", "host", "port"), v2("storage", "host"));
  expect(problems(wanted, live(manifest(v1("storage", "host", "port"))))).toHaveLength(1);
});

test("version and webhook leave the manifest in one edit => allowed: the webhook is kept until drop", () => {
  const before = withWebhook(manifest(v1("", "hostPort"), v2("storage", "host", "port")));
  expect(problems(manifest(v2("storage", "host", "port")), live(before))).toEqual([]);
});

test("a webhook leaves the manifest while two unlike versions stay => refused", () => {
  const both = manifest(v1("", "hostPort"), v2("storage", "host", "port"));
  expect(problems(both, live(withWebhook(both)))).toEqual([writesLost("v2", ".spec.hostPort", "v1")]);
});

test("more than ten lost fields are told as ten and a count", () => {
  const fields = Array.from({ length: 12 }, (_, index) => `f${String(index).padStart(2, "0")}`);
  const [problem] = problems(manifest(v1("", ...fields), v2("storage")));
  expect(problem).toContain(".spec.f09 and 2 more of v1");
  expect(problem).not.toContain(".spec.f10");
});

test("the live storage version made unserved => refused until its objects are migrated", () => {
  expect(problems(manifest("v1 unserved", "v2 storage"), live(manifest("v1 storage")))).toEqual([
    "databases.example.com: spec.versions: v1 is served: false but still the live storage version\n  expected: served: true until every object is migrated\n  next:     keep served: true, run `pulumi up`, then unserve or remove it",
  ]);
});

test("the live storage version removed from the manifest => allowed: it stays served until drop", () => {
  expect(problems(manifest("v2 storage"), live(manifest("v1 storage")))).toEqual([]);
});

test("another live version made unserved => allowed", () => {
  expect(problems(manifest("v1 unserved", "v2 storage"), live(manifest("v1", "v2 storage")))).toEqual([]);
});

/** Our rollout moved storage from that version, and nothing has proven since that no object is left in it. */
function withFlip(found: Definition, from: string): Definition {
  const { uid, annotations } = found.metadata;
  const record = { uid, generation: 2, version: "v2", flipped: { from } };
  return withMetadata(found, { annotations: { ...annotations, [REHEARSAL_ANNOTATION]: JSON.stringify(record) } });
}

test("storedVersions may have been pruned: a version from which our rollout moved storage is not unserved either", () => {
  const pruned = withMetadata(withStored(live(withWebhook(manifest("v1", "v2 storage"))), "v2"), { generation: 3 });
  const unserving = withWebhook(manifest("v1 unserved", "v2 storage"));
  expect(problems(unserving, withFlip(pruned, "v1"))).toEqual([
    expect.stringMatching(/v1 is served: false but objects/),
  ]);
  expect(problems(unserving, pruned)).toEqual([]);
});

test("a version in which objects may still be stored made unserved => refused until they are migrated", () => {
  const found = withStored(live(manifest("v1", "v2 storage")), "v1", "v2");
  const edited = withMetadata(found, { generation: 3 });
  expect(problems(manifest("v1 unserved", "v2 storage"), edited)).toEqual([
    expect.stringMatching(
      /v1 is served: false but objects may be stored in it\n {2}expected: +served: true until every/,
    ),
  ]);
});

test("one that is not served already => refused where a webhook converts, since nobody can see what it makes of them", () => {
  const found = withStored(live(withWebhook(manifest("v1 unserved", "v2 storage"))), "v1", "v2");
  const edited = withMetadata(found, { generation: 3 });
  for (const wanted of [manifest("v2 storage"), manifest("v1 unserved", "v2 storage")]) {
    expect(problems(withWebhook(wanted), edited)).toEqual([
      expect.stringMatching(
        /objects may be stored in v1, which is not served\n.*next: +have v1 in the manifest with served: true/s,
      ),
    ]);
  }
  expect(problems(withWebhook(manifest("v1", "v2 storage")), edited)).toEqual([]);
  const held = {
    manifest: withWebhook(manifest("v1 unserved", "v2 storage")),
    owner: OWNER,
    stopAfter: "store",
  } as const;
  expect(checkServe(held, edited).problems).toEqual([]); // nothing is rewritten
  const none = withMetadata(withStored(live(manifest("v1 unserved", "v2 storage")), "v1", "v2"), { generation: 3 });
  expect(problems(manifest("v1 unserved", "v2 storage"), none)).toEqual([]);
});

test("storedVersions may have been pruned: until a proof, a version from which our rollout moved storage loses no field", () => {
  const acknowledge = [
    { check: "field-removed", path: "v1.spec.port", reason: "no client sets it" },
  ] as Acknowledgement[];
  const both = (words: string) => manifest(v1("", ...words.split(" ")), v2("storage", "host", "port"));
  const pruned = withMetadata(withStored(live(both("host port")), "v2"), { generation: 3 });
  expect(check(both("host"), withFlip(pruned, "v1"), acknowledge).problems).toEqual([
    expect.stringMatching(/^databases.example.com: the schema in which objects are stored loses v1\.spec\.port/),
  ]);
  expect(check(both("host"), pruned, acknowledge).problems).toEqual([]);
});

test("a CRD that belongs to another stack => refused, with the command that hands it over", () => {
  const annotations = { [OWNER_ANNOTATION]: "acme/other/prod" };
  const foreign = withMetadata(live(manifest("v1 storage")), { annotations });
  expect(problems(manifest("v1 storage"), foreign)).toEqual([
    "databases.example.com: belongs to acme/other/prod (annotation kubernetes-storage-migration/owner)\n  expected: organization/project/stack or no owner\n  next:     remove it from the other program, or hand it over with `kubectl annotate crd databases.example.com kubernetes-storage-migration/owner-`",
  ]);
});

test("a CRD without an owner => allowed: it is taken over", () => {
  const orphan = withMetadata(live(manifest("v1 storage")), { annotations: {} });
  expect(problems(manifest("v1 storage"), orphan)).toEqual([]);
});

describe("what can never change", () => {
  const established = (given: Definition): Definition => ({
    ...live(given),
    status: { conditions: [{ type: "Established", status: "True" }] },
  });
  const before = established(manifest("v1 storage"));

  test.each([
    ["the scope", { scope: "Cluster" }, "spec.scope is Cluster in the manifest and Namespaced in the cluster"],
    [
      "the kind",
      { names: { plural: "databases", kind: "DB" } },
      "spec.names.kind is DB in the manifest and Database in the cluster",
    ],
  ])("%s => refused, and a new CRD is named as the way", (_what, spec, found) => {
    const [only, ...more] = problems(withSpec(manifest("v1 storage"), spec), before);
    expect(more).toEqual([]);
    expect(only).toContain(`databases.example.com: ${found}\n  expected: `);
    expect(only).toContain("make a new CRD");
  });

  test("other names may change", () => {
    const names = { plural: "databases", kind: "Database", shortNames: ["db"] };
    expect(problems(withSpec(manifest("v1 storage"), { names }), before)).toEqual([]);
  });

  test("nor does it hold for a CRD that was never established", () => {
    const wanted = withSpec(manifest("v1 storage"), { scope: "Cluster" });
    expect(problems(wanted, live(manifest("v1 storage")))).toEqual([]);
  });
});

describe("objects that the API server cannot list", () => {
  const before = live(manifest("v1 storage"));
  const stored = "StorageError: corrupt object, … request to convert CR from an invalid group/version: example.com/v0";
  const down = 'conversion webhook for example.com/v1, Kind=Database failed: Post "https://a/": connection refused';
  const next = manifest("v1", "v2 storage");

  test("something is to be moved => refused, in the server's own words", () => {
    const { problems: said, warnings } = objectsReadable(next, before, stored, true);
    expect([said.length, warnings]).toEqual([1, []]);
    expect(said[0]).toMatch(/^databases\.example\.com: the API server cannot list .*example\.com\/v0\n {2}expected: /s);
  });

  test.each<[string, Definition, string, boolean]>([
    ["nothing is to be moved", manifest("v1 storage"), stored, false],
    ["the manifest puts the version back that they are stored in", manifest("v0", "v1 storage"), stored, true],
    ["the manifest gives another webhook", withWebhook(next, "https://b/"), down, true],
  ])("%s => a warning", (_what, wanted, found, moves) => {
    const { problems: none, warnings } = objectsReadable(wanted, before, found, moves);
    expect([none, warnings.length]).toEqual([[], 1]);
  });

  test("another version is added than the one they need => refused", () => {
    expect(objectsReadable(manifest("v01", "v1 storage"), before, stored, true).problems).toHaveLength(1);
  });

  test("all are listed => nothing is said", () => {
    expect(objectsReadable(next, before, undefined, true)).toEqual({ problems: [], warnings: [] });
  });
});

test("a CRD that is being deleted => refused: its objects are going", () => {
  const found = live(manifest("v1 storage"));
  const going = withMetadata(found, { ...found.metadata, deletionTimestamp: "2026-11-21T09:00:00Z" });
  expect(problems(manifest("v1", "v2 storage"), going)).toEqual([
    expect.stringMatching(/^databases\.example\.com: is being deleted since 2026-11-21T09:00:00Z.*recreate: true/s),
  ]);
});

describe("the caBundle of a webhook", () => {
  const withBundle = (caBundle: string): Definition => {
    const given = withWebhook(manifest("v1", "v2 storage"));
    const { conversion } = given.spec;
    const clientConfig = { url: "https://convert.example.com/", caBundle };
    return withSpec(given, { conversion: { ...conversion, strategy: "Webhook", webhook: { clientConfig } } });
  };
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const pem = (body: string): string => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;

  test.each([
    ["text", base64("hello"), /caBundle holds no certificate \(5 bytes that are no PEM of one\)/],
    ["a block that is none", base64(pem("AAAA")), /holds a certificate that cannot be read \(number 1 of 1\)/],
  ])("%s => refused: the API server would establish no such CRD", (_what, caBundle, found) => {
    expect(problems(withBundle(caBundle))).toEqual([expect.stringMatching(found)]);
  });

  test("two authorities => fine, one after the other", async () => {
    const { cert } = await makeAuthorityCertificate("test", 10, new Date());
    expect(problems(withBundle(base64(`${cert}\n${cert}`)))).toEqual([]);
    expect(problems(withBundle(base64(`${cert}\n${pem("AAAA")}`)))).toEqual([
      expect.stringMatching(/cannot be read \(number 2 of 2\)/),
    ]);
  });

  test("the placeholder of a scaffold, a line end => no bundle at all", () => {
    const read = checkedManifest(withBundle("Cg=="), "crd.yaml");
    expect(read.spec.conversion?.webhook?.clientConfig).toEqual({ url: "https://convert.example.com/" });
    expect(problems(read)).toEqual([]);
  });

  test("one that preview does not know yet => not looked at", () => {
    expect(problems(withBundle("(not known yet)"))).toEqual([]);
  });
});
