import type { Admission, AdmissionRule } from "../../kubernetes/admission";
import { describeProblem } from "../../kubernetes/problem";

export interface AdmittedResource {
  readonly crd: string;
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
}

/**
 * Admission rules that end with the versions that go. A rule on v1 alone reaches a request at v2 only by way of v1
 * (matchPolicy Equivalent): tried, what it refused is accepted from the moment v1 is gone.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-matchpolicy
 */
export function admissionRulesLostAtDrop(
  all: readonly Admission[],
  resource: AdmittedResource,
  dropped: readonly string[],
  remaining: readonly string[],
): string[] {
  const next = `add ${remaining.join(", ")} to its apiVersions, or delete the rule if it is to go, then run \`pulumi up\` again`;
  const rules = all.flatMap((admission) =>
    admission.rules.flatMap((rule, index) => {
      if (!appliesTo(rule, resource) || !namesVersion(rule, dropped)) return [];
      const others = siblings(admission, all);
      if (remaining.some((version) => others.some((other) => covers(other, rule, resource, version)))) return [];
      return [
        describeProblem({
          what: `${resource.crd}: ${whereIs(admission, index)} names ${listVersions(rule.apiVersions)} of ${resource.plural}`,
          expected: `${remaining.join(", ")} in its apiVersions before ${dropped.join(", ")} is dropped`,
          why: "the rule would match no request then, and nobody would be told",
          next,
        }),
      ];
    }),
  );
  return [...rules, ...all.flatMap((admission) => lostParameters(admission, resource, dropped, remaining))];
}

/** A policy whose parameters are objects of this CRD finds none once their version is gone, and then fails or lets all pass. */
function lostParameters(
  admission: Admission,
  { crd, group, kind }: AdmittedResource,
  dropped: readonly string[],
  remaining: readonly string[],
): string[] {
  const { apiVersion = "", kind: found } = admission.paramKind ?? {};
  if (found !== kind || !dropped.some((version) => apiVersion === `${group}/${version}`)) return [];
  return [
    describeProblem({
      what: `${crd}: ${admission.configuration} takes its parameters from ${kind} at ${apiVersion} (spec.paramKind)`,
      expected: `${remaining.map((version) => `${group}/${version}`).join(" or ")} before ${dropped.join(", ")} is dropped`,
      why: "it would find none",
      next: "change spec.paramKind, then run `pulumi up` again",
    }),
  ];
}

/** Rules with matchPolicy Exact that guard the versions of today and not one that is about to be served: the way round them. */
export function admissionRulesBypassedAtServe(
  all: readonly Admission[],
  resource: AdmittedResource,
  today: readonly string[],
  added: readonly string[],
): string[] {
  return all
    .filter(({ matchPolicy }) => matchPolicy === "Exact")
    .flatMap((admission) =>
      admission.rules.flatMap((rule, index) => {
        if (!appliesTo(rule, resource) || !namesVersion(rule, today)) return [];
        const others = siblings(admission, all);
        const open = added.filter((version) => !others.some((other) => covers(other, rule, resource, version)));
        if (open.length === 0) return [];
        return [
          describeProblem({
            what: `${resource.crd}: ${whereIs(admission, index)} has matchPolicy Exact and names ${listVersions(rule.apiVersions)} of ${resource.plural}`,
            expected: `${open.join(", ")} in its apiVersions before it is served`,
            why: `a request at ${open.join(", ")} would pass it by`,
            next: `add ${open.join(", ")} to its apiVersions or set matchPolicy: Equivalent, then run \`pulumi up\` again`,
          }),
        ];
      }),
    );
}

/**
 * Rules that may stand in for one of `admission`. With Equivalent only its own do: another webhook checks something else. With
 * Exact a version is given a webhook of its own on purpose, so the whole configuration counts.
 */
function siblings(admission: Admission, all: readonly Admission[]): readonly AdmissionRule[] {
  if (admission.matchPolicy !== "Exact") return admission.rules;
  return all.filter(({ configuration }) => configuration === admission.configuration).flatMap(({ rules }) => rules);
}

function appliesTo(rule: AdmissionRule, { group, plural }: AdmittedResource): boolean {
  return includesOrAll(rule.apiGroups, group) && ownResources(rule, plural).length > 0;
}

/** `plural`, `plural/status`, and the wildcards that reach either. */
function ownResources(rule: AdmissionRule, plural: string): string[] {
  return (rule.resources ?? []).filter((each) => ["*", "*/*", plural].includes(each) || isSubresource(each, plural));
}

function isSubresource(resource: string, plural: string): boolean {
  const [of, below] = resource.split("/");
  return below !== undefined && (of === plural || of === "*");
}

function namesVersion(rule: AdmissionRule, versions: readonly string[]): boolean {
  return versions.some((version) => includesOrAll(rule.apiVersions, version));
}

function includesOrAll(list: readonly string[] | undefined, wanted: string): boolean {
  return list?.includes("*") === true || list?.includes(wanted) === true;
}

/** `other` applies, at `version`, wherever `rule` applies to this resource. */
function covers(other: AdmissionRule, rule: AdmissionRule, resource: AdmittedResource, version: string): boolean {
  if (!appliesTo(other, resource) || !namesVersion(other, [version])) return false;
  const operations = rule.operations ?? ["*"];
  if (!operations.every((each) => includesOrAll(other.operations ?? ["*"], each))) return false;
  return ownResources(rule, resource.plural).every((each) => reaches(other.resources ?? [], each, resource.plural));
}

// A lone star is every resource without its subresources. Selectors are not compared: two rules that differ in them count as alike.
function reaches(resources: readonly string[], wanted: string, plural: string): boolean {
  const [, below] = wanted.split("/");
  if (resources.includes("*/*") || resources.includes(wanted)) return true;
  if (below === undefined) return resources.includes("*") || resources.includes(plural);
  return (
    resources.includes(`${plural}/*`) ||
    (below !== "*" && resources.includes(`*/${below}`)) ||
    resources.includes(`${plural}/${below}`)
  );
}

function whereIs({ configuration, part }: Admission, index: number): string {
  return `${configuration}${part === "" ? "" : `, ${part}`}, rule ${index + 1}`;
}

function listVersions(versions: readonly string[] | undefined): string {
  return (versions ?? []).join(", ");
}
