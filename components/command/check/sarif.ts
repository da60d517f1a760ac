import { isAbsolute, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { AcknowledgedFinding } from "../../compatibility/acknowledgements";
import type { Check } from "../../compatibility/check";
import { CHECKS } from "../../compatibility/checks";
import { crdRemoved } from "./crdRemoved";
import { findLocation } from "./location";
import type { CrdReport } from "./report";

const LEVELS = { error: "error", warning: "warning", info: "note" } as const;

const RULES: readonly Omit<Check, "explain">[] = [...CHECKS, { ...crdRemoved, id: crdRemoved.check }];

/** For code scanning: SARIF 2.1.0. https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html */
export function renderReportsAsSarif(reports: readonly CrdReport[]): string {
  const findings = reports.flatMap((report) => report.findings.map((finding) => ({ report, finding })));
  const rules = RULES.filter(({ id }) => findings.some(({ finding }) => finding.check === id));
  const ids = rules.map(({ id }) => id);
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "kubernetes-storage-migration", rules: rules.map(sarifRuleOf) } },
        columnKind: "utf16CodeUnits",
        results: findings.map(({ report, finding }) => sarifResultOf(report, finding, ids.indexOf(finding.check))),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function sarifRuleOf({ id, severity, why, fix }: Omit<Check, "explain">): object {
  return {
    id,
    shortDescription: { text: id.replace(/-/g, " ") },
    fullDescription: { text: why },
    help: { text: fix },
    defaultConfiguration: { level: LEVELS[severity] },
  };
}

function sarifResultOf(report: CrdReport, finding: AcknowledgedFinding, ruleIndex: number): object {
  const { check, path, severity, what, why, fix, acknowledged } = finding;
  return {
    ruleId: check,
    ...(ruleIndex >= 0 && { ruleIndex }),
    level: LEVELS[severity],
    message: { text: `${report.crd} ${path}: ${what}. ${why} ${fix}` },
    locations: [sarifLocationOf(report, path)],
    ...(acknowledged !== undefined && { suppressions: [{ kind: "external", justification: acknowledged }] }),
  };
}

/** The node in NEW; a CRD that is gone from NEW has its place in OLD. Standard input and the cluster have no file. */
function sarifLocationOf({ crd, old, next }: CrdReport, path: string): object {
  const logicalLocations = [{ fullyQualifiedName: `${crd}/${path}` }];
  const found = next ?? old;
  if (found?.source.file === undefined) return { logicalLocations };
  const startLine = found.source.lineOf(findLocation(found.definition, path));
  return {
    physicalLocation: { artifactLocation: artifactLocation(found.source.file), region: { startLine } },
    logicalLocations,
  };
}

/** Relative to the current folder, which is the checkout where a pipeline runs. */
function artifactLocation(file: string): object {
  const inside = relative(process.cwd(), resolve(file));
  if (inside.startsWith("..") || isAbsolute(inside)) return { uri: pathToFileURL(resolve(file)).href };
  return { uri: inside.split("/").map(encodeURIComponent).join("/"), uriBaseId: "%SRCROOT%" };
}
