import {
  applyAcknowledgements,
  isUnacknowledgedError,
  type AcknowledgedFinding,
  type Acknowledgement,
} from "../../compatibility/acknowledgements";
import { CHECKS } from "../../compatibility/checks";
import { compareDefinitions } from "../../compatibility/compareDefinitions";
import type { Finding } from "../../compatibility/finding";
import type { Definition } from "../../crd/definition";
import { describeProblem, boundedProblemItems } from "../../kubernetes/problem";
import { describeCount } from "../../kubernetes/count";

const SHOWN = 10;

/** What other checks of serve say with what they know of the live CRD. */
const SAID_ELSEWHERE = ["scope-changed", "kind-changed", "version-unserved", "stored-field-dropped"];
/** The API server makes them of the kind. */
const OF_KIND = ["list-kind-changed", "singular-changed"];

/**
 * What the manifest changes of versions that the live CRD has already, for clients and for what is stored: the checks of
 * components/compatibility/, which `kubernetes-storage-migration check` runs on files. Infos are notes.
 *
 * @param saidElsewhere paths that another check has reported as an error
 */
export function breaksClients(
  manifest: Definition,
  live: Definition | undefined,
  acknowledge: readonly Acknowledgement[] = [],
  saidElsewhere: readonly string[] = [],
): { problems: string[]; warnings: string[]; notes: string[] } {
  if (live === undefined) return { problems: [], warnings: [], notes: [] };
  const crd = manifest.metadata.name;
  const left = manifest.spec.names.kind === live.spec.names.kind ? SAID_ELSEWHERE : [...SAID_ELSEWHERE, ...OF_KIND];
  const all = compareDefinitions(live, manifest, { rollout: true });
  const found = all.filter(
    ({ check, path, severity }) => severity !== "info" && !left.includes(check) && !saidElsewhere.includes(path),
  );
  const ofSchemas = acknowledge.filter(({ check }) => isOfCompatibility(check));
  const { findings, unused } = applyAcknowledgements(found, ofSchemas);
  const errors = findings.filter(isUnacknowledgedError);
  return {
    // Once the change is in the cluster nothing is found, and what was acknowledged is no mistake.
    problems: [...describeErrors(crd, errors), ...(found.length > 0 ? describeUnused(crd, unused) : [])],
    warnings: describeWarnings(crd, findings),
    notes: describeInfos(
      crd,
      all.filter(({ severity }) => severity === "info"),
    ),
  };
}

function describeInfos(crd: string, infos: readonly Finding[]): string[] {
  if (infos.length === 0) return [];
  const items = boundedProblemItems(infos.slice(0, SHOWN).map(asLine), infos.length);
  return [describeProblem({ what: `${crd}: ${describeCount(infos.length, "change")} worth knowing`, items })];
}

/** Is it one of those that compare an old CRD with a new one? */
function isOfCompatibility(check: string): boolean {
  return CHECKS.some(({ id }) => id === check);
}

function describeErrors(crd: string, errors: readonly AcknowledgedFinding[]): string[] {
  const [first] = errors;
  if (first === undefined) return [];
  const example = `{ check: "${first.check}", path: "${first.path}", reason: "…" }`;
  return [
    describeProblem({
      what: `${crd}: ${describeCount(errors.length, "change")} of what the cluster has would break clients or stored objects`,
      items: boundedProblemItems(errors.slice(0, SHOWN).map(asLine), errors.length),
      expected: "none: a version that is there keeps its promises, and a new version is free",
      why: errors.length === 1 ? first.why : `${first.path}: ${first.why} docs/checks.md has the others`,
      next: `${first.path}: ${first.fix} Where you know that it breaks nobody, set acknowledge: [${example}]`,
    }),
  ];
}

function describeWarnings(crd: string, findings: readonly AcknowledgedFinding[]): string[] {
  const warnings = findings.filter(
    ({ severity, acknowledged }) => severity === "warning" && acknowledged === undefined,
  );
  const acknowledged = findings.flatMap((finding) =>
    finding.acknowledged === undefined ? [] : [`${asLine(finding)}; acknowledged: ${finding.acknowledged}`],
  );
  const [first] = warnings;
  return [
    ...(first === undefined
      ? []
      : [
          describeProblem({
            what: `${crd}: ${describeCount(warnings.length, "change")} that clients may feel`,
            items: boundedProblemItems(warnings.slice(0, SHOWN).map(asLine), warnings.length),
            why: warnings.length === 1 ? first.why : `${first.path}: ${first.why} docs/checks.md has the others`,
            next: `${first.path}: ${first.fix}`,
          }),
        ]),
    ...(acknowledged.length === 0
      ? []
      : [
          describeProblem({
            what: `${crd}: ${describeCount(acknowledged.length, "change")} acknowledged`,
            items: boundedProblemItems(acknowledged.slice(0, SHOWN), acknowledged.length),
          }),
        ]),
  ];
}

function describeUnused(crd: string, unused: readonly Acknowledgement[]): string[] {
  return unused.map(({ check, path }) =>
    describeProblem({
      what: `${crd}: acknowledge names ${check} of ${path}, which is not found`,
      expected: "a finding of this preview",
      next: "correct it, or take it out",
    }),
  );
}

function asLine({ path, what, check }: AcknowledgedFinding): string {
  return `${path}: ${what} (${check})`;
}
