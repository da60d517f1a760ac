import {
  type AcknowledgedFinding,
  type Acknowledgement,
  applyAcknowledgements,
  countsAsError,
} from "../../compatibility/acknowledgements";
import { compareDefinitions } from "../../compatibility/compareDefinitions";
import { versionNames, type Definition } from "../../crd/definition";
import { count, type Inputs } from "../inputs/readInputs";
import { pairByName, type Pair } from "../inputs/pairs";
import { crdRemoved } from "./crdRemoved";
import { refuseUnusable, type CrdAcknowledgement } from "./acknowledgements";

export interface CrdReport extends Pair {
  readonly findings: readonly AcknowledgedFinding[];
}

/** Every CRD of OLD and NEW with what was found, before it takes a form. */
export function compareInputs(inputs: Inputs, acknowledgements: readonly CrdAcknowledgement[]): CrdReport[] {
  const isLive = inputs.old.isLive || inputs.next.isLive;
  const reports = pairByName(inputs).map((pair) => ({ ...pair, findings: findingsOf(pair, isLive) }));
  refuseUnusable(acknowledgements, reports);
  return reports.map((report) => ({
    ...report,
    findings: applyAcknowledgements(report.findings, ofCrd(acknowledgements, report.crd)).findings,
  }));
}

function findingsOf({ old, next }: Pair, isLive: boolean): AcknowledgedFinding[] {
  if (old === undefined) return []; // nobody uses a new CRD yet
  if (next !== undefined) return compareDefinitions(old.definition, next.definition);
  return isLive ? [] : [crdRemoved];
}

function ofCrd(acknowledgements: readonly CrdAcknowledgement[], crd: string): Acknowledgement[] {
  return acknowledgements.filter((each) => each.crd === undefined || each.crd === crd);
}

export function hasErrors(reports: readonly CrdReport[]): boolean {
  return reports.some(({ findings }) => findings.some(countsAsError));
}

/** `2 errors, 1 warning, 3 acknowledged; 4 CRDs compared, 1 new` */
export function summarize(reports: readonly CrdReport[]): string {
  const findings = reports.flatMap((report) => report.findings);
  const open = findings.filter(({ acknowledged }) => acknowledged === undefined);
  const found = (["error", "warning", "info"] as const)
    .map((severity) => [open.filter((finding) => finding.severity === severity).length, severity] as const)
    .filter(([number]) => number > 0)
    .map(([number, severity]) => count(number, severity));
  const acknowledged = findings.length - open.length;
  if (acknowledged > 0) found.push(`${acknowledged} acknowledged`);
  const compared = reports.filter(({ old, next }) => old !== undefined && next !== undefined).length;
  const added = reports.filter(({ old }) => old === undefined).length;
  const crds = `${count(compared, "CRD")} compared${added > 0 ? `, ${added} new` : ""}`;
  return `${found.length === 0 ? "no findings" : found.join(", ")}; ${crds}`;
}

/** `v1 → v1, v2`; once where they are the same. */
export function describeVersions({ old, next }: Pair): string {
  const [before, after] = [namesOf(old?.definition), namesOf(next?.definition)];
  return before === after ? before : `${before} → ${after}`;
}

function namesOf(definition: Definition | undefined): string {
  return definition === undefined ? "none" : versionNames(definition).join(", ");
}
