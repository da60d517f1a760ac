import type { Admission, AdmissionRule } from "../../../components/kubernetes/admission";
import {
  admissionRulesBypassedAtServe,
  admissionRulesLostAtDrop,
} from "../../../components/versionedCRD/checks/admissionRules";

const resource = { crd: "databases.example.com", group: "example.com", plural: "databases", kind: "Database" };

const rule = (apiVersions: string[], more: Partial<AdmissionRule> = {}): AdmissionRule => ({
  apiGroups: ["example.com"],
  apiVersions,
  operations: ["CREATE", "UPDATE"],
  resources: ["databases"],
  ...more,
});
const equivalent = (...rules: AdmissionRule[]): Admission => ({
  configuration: "ValidatingWebhookConfiguration guard",
  part: "webhook a.example.com",
  matchPolicy: "Equivalent",
  rules,
});
const exact = (...rules: AdmissionRule[]): Admission => ({ ...equivalent(...rules), matchPolicy: "Exact" });
const sibling = (admission: Admission): Admission => ({ ...admission, part: "webhook b.example.com" });
const stranger = (admission: Admission): Admission => ({
  ...admission,
  configuration: "ValidatingWebhookConfiguration other",
});

const dropping = (...all: Admission[]) => admissionRulesLostAtDrop(all, resource, ["v1"], ["v2"]);
const serving = (...all: Admission[]) => admissionRulesBypassedAtServe(all, resource, ["v1"], ["v2"]);

describe("before drop: what would silently stop to apply", () => {
  test.each([
    ["a rule on v1 alone", rule(["v1"])],
    ["on v1 of every group", rule(["v1"], { apiGroups: ["*"] })],
    ["on every resource", rule(["v1"], { resources: ["*"] })],
    ["on every resource and subresource", rule(["v1"], { resources: ["*/*"] })],
    ["on the status alone", rule(["v1"], { resources: ["databases/status"] })],
    ["on every scale", rule(["v1"], { resources: ["*/scale"] })],
    ["on v1 and v0, which is not there", rule(["v0", "v1"])],
  ])("%s is refused by configuration, webhook and rule", (_name, found) => {
    expect(dropping(equivalent(rule(["v2"], { resources: ["others"] }), found))).toEqual([
      expect.stringMatching(
        /^databases.example.com: ValidatingWebhookConfiguration guard, webhook a.example.com, rule 2 names .*v1/s,
      ),
    ]);
  });

  test.each([
    ["a rule on both", rule(["v1", "v2"])],
    ["a rule on all versions", rule(["*"])],
    ["another group", rule(["v1"], { apiGroups: ["other.com"] })],
    ["another resource", rule(["v1"], { resources: ["backups", "backups/status"] })],
    ["the new version alone", rule(["v2"])],
    ["a rule without resources", { apiGroups: ["example.com"], apiVersions: ["v1"] }],
  ])("%s is none of it", (_name, found) => {
    expect(dropping(equivalent(found))).toEqual([]);
  });

  test("a second rule of the same webhook stands in, if it reaches as far", () => {
    expect(dropping(equivalent(rule(["v1"]), rule(["v2"])))).toEqual([]);
    expect(dropping(equivalent(rule(["v1"]), rule(["v2"], { operations: ["*"], resources: ["*"] })))).toEqual([]);
    expect(dropping(equivalent(rule(["v1"]), rule(["v2"], { operations: ["CREATE"] })))).toHaveLength(1);
    expect(dropping(equivalent(rule(["v1"]), rule(["v2"], { resources: ["databases/status"] })))).toHaveLength(1);
    const status = { resources: ["databases/status"] };
    expect(dropping(equivalent(rule(["v1"], status), rule(["v2"], { resources: ["*"] })))).toHaveLength(1);
    expect(dropping(equivalent(rule(["v1"], status), rule(["v2"], { resources: ["databases/*"] })))).toEqual([]);
    expect(dropping(equivalent(rule(["v1"], status), rule(["v2"], { resources: ["*/status"] })))).toEqual([]);
  });

  test("another webhook checks something else; only with Exact does it stand in, in the same configuration", () => {
    expect(dropping(equivalent(rule(["v1"])), sibling(equivalent(rule(["v2"]))))).toHaveLength(1);
    expect(dropping(exact(rule(["v1"])), sibling(exact(rule(["v2"]))))).toEqual([]);
    expect(dropping(exact(rule(["v1"])), stranger(exact(rule(["v2"]))))).toHaveLength(1);
  });

  test("a policy whose parameters are objects at v1 is refused; another kind, group or version is not", () => {
    const policy = (apiVersion: string, kind = "Database"): Admission => ({
      configuration: "ValidatingAdmissionPolicy p",
      part: "",
      matchPolicy: "Equivalent",
      rules: [],
      paramKind: { apiVersion, kind },
    });
    expect(dropping(policy("example.com/v1"))).toEqual([
      expect.stringMatching(/ValidatingAdmissionPolicy p takes its parameters from Database at example.com\/v1/),
    ]);
    expect(dropping(policy("example.com/v2"), policy("example.com/v1", "Backup"), policy("v1"))).toEqual([]);
  });
});

describe("before serve: what the new version would pass by", () => {
  test("an Exact rule on v1 alone is refused", () => {
    expect(serving(exact(rule(["v1"])))).toEqual([
      expect.stringMatching(/guard, webhook a.example.com, rule 1 has matchPolicy Exact and names v1 of databases/),
    ]);
  });

  test("Equivalent, the new version named, all versions, or a rule that guards neither is no way round", () => {
    const found = [equivalent(rule(["v1"])), exact(rule(["v1", "v2"])), exact(rule(["*"])), exact(rule(["v3"]))];
    for (const each of found) expect(serving(each)).toEqual([]);
  });

  test("a webhook of its own for the new version, in the same configuration, guards it", () => {
    expect(serving(exact(rule(["v1"])), sibling(exact(rule(["v2"]))))).toEqual([]);
    expect(serving(exact(rule(["v1"])), stranger(exact(rule(["v2"]))))).toHaveLength(1);
    expect(serving(exact(rule(["v1"])), sibling(exact(rule(["v2"], { operations: ["CREATE"] }))))).toHaveLength(1);
  });

  test("of several new versions only the open ones are named", () => {
    const [problem] = admissionRulesBypassedAtServe([exact(rule(["v1", "v2"]))], resource, ["v1"], ["v2", "v3"]);
    expect(problem).toMatch(/expected: +v3 in its apiVersions/);
  });
});
