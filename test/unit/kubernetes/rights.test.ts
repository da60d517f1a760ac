import { readFileSync } from "fs";
import { parse } from "yaml";
import {
  rightsForDrop,
  rightsForPreview,
  rightsForUp,
  rightsWithoutWhichRolloutFails,
} from "../../../components/kubernetes/rights/rolloutRights";
import { rightsForConversionService } from "../../../components/kubernetes/rights/conversionWebhookRights";
import { rightsForMigration } from "../../../components/kubernetes/rights/migrationRights";
import { rightsForRotation, rightsForRotationPreview } from "../../../components/kubernetes/rights/rotationRights";
import type { PolicyRule } from "../../../components/kubernetes/rights/policyRule";
import { checkout } from "../../../local/checkout";

const resources = [
  { group: "b.com", plural: "ys" },
  { group: "a.com", plural: "xs" },
  { group: "b.com", plural: "xs" },
];

test("preview only reads", () => {
  const verbs = rightsForPreview(resources).flatMap((rule) => rule.verbs);
  expect(new Set(verbs)).toEqual(new Set(["get", "list"]));
});

test("no rule grants everything of anything", () => {
  for (const rule of [...rightsForPreview(resources), ...rightsForUp(resources)]) {
    expect([...rule.verbs, ...(rule.apiGroups ?? []), ...(rule.resources ?? [])]).not.toContain("*");
  }
});

test("what a drop adds only reads", () => {
  expect(new Set(rightsForDrop().flatMap((rule) => rule.verbs))).toEqual(new Set(["list", "get"]));
});

test("definitions and locks by name, sorted, one rule a group", () => {
  expect(rightsForUp(resources)).toEqual(
    expect.arrayContaining([
      {
        apiGroups: ["apiextensions.k8s.io"],
        resources: ["customresourcedefinitions"],
        verbs: ["get", "patch"],
        resourceNames: ["xs.a.com", "xs.b.com", "ys.b.com"],
      },
      { apiGroups: ["b.com"], resources: ["xs", "ys"], verbs: ["list", "get", "patch", "create"] },
    ]),
  );
});

test("what is not needed is not asked for: creating a CRD that is there, in-tree migrations where none run", () => {
  const all = rightsWithoutWhichRolloutFails(resources);
  const less = rightsWithoutWhichRolloutFails(resources, { creates: false, inTree: false });
  expect(all.filter((rule) => !JSON.stringify(less).includes(JSON.stringify(rule)))).toEqual([
    { apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"], verbs: ["create"] },
    expect.objectContaining({ apiGroups: ["storagemigration.k8s.io"] }),
  ]);
});

test("without three of the rights less is known, and nothing fails", () => {
  const without = JSON.stringify(rightsWithoutWhichRolloutFails(resources));
  expect(rightsForUp(resources).filter((rule) => !without.includes(JSON.stringify(rule)))).toEqual([
    { apiGroups: [""], resources: ["namespaces"], verbs: ["get"], resourceNames: ["kube-system"] },
    { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["list"] },
    expect.objectContaining({ apiGroups: ["admissionregistration.k8s.io"], verbs: ["list"] }),
  ]);
});

test("a webhook behind a Service is asked through the proxy", () => {
  expect(rightsForConversionService({ namespace: "n", name: "hook" })).toEqual([
    { apiGroups: [""], resources: ["services/proxy"], verbs: ["create"], resourceNames: ["https:hook:443"] },
  ]);
});

describe("a rotation of keys", () => {
  const on = (rules: ReturnType<typeof rightsForRotation>, verb: string): string[] =>
    rules
      .filter(({ verbs, resourceNames }) => verbs.includes(verb) && resourceNames === undefined)
      .flatMap(({ apiGroups = [], resources: plurals = [] }) =>
        plurals.map((plural) => `${plural}.${apiGroups.join()}`),
      );

  test("its preview only reads", () => {
    const verbs = rightsForRotationPreview({ resources: ["secrets"] }).flatMap((rule) => rule.verbs);
    expect(new Set(verbs)).toEqual(new Set(["get", "list"]));
  });

  test("it patches what it rotates and nothing else, and never gets an object", () => {
    const rules = rightsForRotation({
      resources: ["secrets", "configmaps", "databases.example.com"],
      migrator: "direct",
    });
    expect(on(rules, "patch")).toEqual(["configmaps.", "secrets.", "databases.example.com"]);
    expect(on(rules, "get")).toEqual([]);
  });

  test.each<[string[], string[]]>([
    [["*."], ["*."]],
    [
      ["*.apps", "secrets"],
      ["secrets.", "*.apps"],
    ],
    [["*.apps", "deployments.apps"], ["*.apps"]],
    [["*.*"], ["*.*"]],
  ])("wildcards %j are granted as %j", (patterns, expected) => {
    expect(on(rightsForRotation({ resources: patterns, migrator: "direct" }), "patch")).toEqual(expected);
  });

  test("a wildcard over custom resources lists the CRDs: one that is not served shows nowhere else", () => {
    for (const rights of [rightsForRotationPreview, rightsForRotation]) {
      const crds = (pattern: string): boolean =>
        on(rights({ resources: [pattern] }), "list").includes("customresourcedefinitions.apiextensions.k8s.io");
      expect(["*.example.com", "*.", "*.apps", "databases.example.com"].filter(crds)).toEqual(["*.example.com"]);
      expect(on(rights({ resources: ["*.*"] }), "list")).toContain("*.*");
    }
  });

  test("each CRD that may be rotated is read, for its storage version: by name, or all under a wildcard", () => {
    const crds = (...patterns: string[]): PolicyRule | undefined =>
      rightsForRotation({ resources: patterns, migrator: "direct" }).find(
        (rule) => rule.resources?.includes("customresourcedefinitions") === true,
      );
    expect(crds("secrets", "*.apps")).toBeUndefined();
    expect(crds("databases.example.com")).toMatchObject({ verbs: ["get"], resourceNames: ["databases.example.com"] });
    expect(crds("databases.example.com", "*.example.com")).toEqual({
      apiGroups: ["apiextensions.k8s.io"],
      resources: ["customresourcedefinitions"],
      verbs: ["get", "list"],
    });
    // `list` is in the rule of `*.*` itself.
    expect(crds("*.*")).toEqual({
      apiGroups: ["apiextensions.k8s.io"],
      resources: ["customresourcedefinitions"],
      verbs: ["get"],
    });
    expect(JSON.stringify(rightsForRotation({ resources: ["*.*"] }))).toContain("customresourcedefinitions/status");
  });

  test("what is not needed is not asked for: migrations where none run, CRDs where none is rotated, a KMS plugin's health", () => {
    const text = (given: object): string => JSON.stringify(rightsForRotation({ resources: ["secrets"], ...given }));
    expect(text({})).toMatch(/storageversionmigrations/);
    expect(text({})).not.toMatch(/customresourcedefinitions|readyz/);
    expect(text({ migrator: "direct", resources: ["databases.example.com"] })).not.toMatch(/storagemig|\/status/);
    expect(text({ resources: ["databases.example.com"] })).toMatch(/"databases.example.com"/);
    expect(text({ kms: true })).toMatch(/readyz.kms-providers/);
  });
});

describe("rights of a migration of CRDs that somebody else manages", () => {
  test("by name they are what docs/migrate.md lists", () => {
    const [, yaml = ""] =
      /```yaml\n(# migrate\n[^]*?)```/.exec(readFileSync(checkout("docs", "migrate.md"), "utf8")) ?? [];
    expect(parse(yaml)).toEqual(rightsForMigration(["ciliumnodes.cilium.io"]));
  });

  test("of a built-in resource they are what docs/migrate.md lists", () => {
    const [, yaml = ""] =
      /```yaml\n(# migrate a built-in resource\n[^]*?)```/.exec(readFileSync(checkout("docs", "migrate.md"), "utf8")) ??
      [];
    expect(parse(yaml)).toEqual(rightsForMigration(["horizontalpodautoscalers.autoscaling"]));
  });

  test("a name in a group of *.k8s.io may be a CRD's or a built-in resource's: the rights of both", () => {
    const text = JSON.stringify(rightsForMigration(["leases.coordination.k8s.io"]));
    expect(text).toContain('"resourceNames":["leases.coordination.k8s.io"]');
    expect(text).toContain("storage-migration-proofs");
    expect(JSON.stringify(rightsForMigration(["a.example.com"]))).not.toContain("storage-migration-proofs");
    expect(JSON.stringify(rightsForMigration(["secrets"]))).not.toContain("customresourcedefinitions");
  });

  test("a pattern's CRDs are listed, and no name limits what is not known", () => {
    const rules = rightsForMigration(["*.cilium.io", "a.example.com"], { migrator: "direct" });
    expect(rules).toContainEqual({
      apiGroups: ["apiextensions.k8s.io"],
      resources: ["customresourcedefinitions"],
      verbs: ["list"],
    });
    expect(rules).toContainEqual({
      apiGroups: ["cilium.io"],
      resources: ["*"],
      verbs: ["list", "get", "patch", "create"],
    });
    expect(rules.flatMap(({ resourceNames = [] }) => resourceNames)).toEqual(["kube-system"]);
    expect(rules.flatMap(({ apiGroups = [] }) => apiGroups)).not.toContain("storagemigration.k8s.io");
  });
});
