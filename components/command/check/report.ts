import {
  type AcknowledgedFinding,
  type Acknowledgement,
  applyAcknowledgements,
  isUnacknowledgedError,
} from "../../compatibility/acknowledgements";
import { compareDefinitions } from "../../compatibility/compareDefinitions";
import type { Finding } from "../../compatibility/finding";
import { webhookConversionAt, isWebhookConversion } from "../../crd/conversion";
import { type Definition } from "../../crd/definition";
import { UserError } from "../../kubernetes/errors";
import type { Inputs } from "../inputs/readInputs";
import { pairByName, type Pair } from "../inputs/pairs";
import { crdRemoved } from "./crdRemoved";
import { refuseUnusableAcknowledgements, type CrdAcknowledgement } from "./acknowledgementFile";
import { describeCount } from "../../kubernetes/count";

export interface CrdReport extends Pair {
  readonly findings: readonly AcknowledgedFinding[];
}

export interface CompareOptions {
  readonly acknowledgements: readonly CrdAcknowledgement[];
  /** NEW is applied by VersionedCRD. */
  readonly rollout: boolean;
  /** CRDs that are served with a conversion webhook which the manifest does not show. */
  readonly webhooks: readonly string[];
}

/** Every CRD of OLD and NEW with what was found, before it takes a form. */
export function reportInputs(inputs: Inputs, options: CompareOptions): CrdReport[] {
  const { acknowledgements } = options;
  const isLive = inputs.old.isLive || inputs.next.isLive;
  const pairs = pairByName(inputs);
  refuseUnknownWebhooks(options.webhooks, pairs);
  const reports = pairs.map((pair) => ({ ...pair, findings: reportedFindings(pair, isLive, options) }));
  refuseUnusableAcknowledgements(acknowledgements, reports);
  return reports.map((report) => ({
    ...report,
    findings: applyAcknowledgements(report.findings, acknowledgementsOfCrd(acknowledgements, report.crd)).findings,
  }));
}

function refuseUnknownWebhooks(webhooks: readonly string[], pairs: readonly Pair[]): void {
  const unknown = webhooks.filter((name) => !pairs.some(({ crd, next }) => crd === name && next !== undefined));
  if (unknown.length === 0) return;
  throw new UserError({
    what: `--webhook ${unknown.join(", ")}: not in NEW`,
    expected: "metadata.name of a CRD in NEW",
  });
}

function reportedFindings({ crd, old, next }: Pair, isLive: boolean, { rollout, webhooks }: CompareOptions): Finding[] {
  if (old === undefined) return []; // nobody uses a new CRD yet
  if (next === undefined) return isLive ? [] : [crdRemoved];
  const { definition } = next;
  return compareDefinitions(old.definition, webhooks.includes(crd) ? withWebhook(definition) : definition, { rollout });
}

/** One that the program gives: its address is nobody's business here. */
function withWebhook(definition: Definition): Definition {
  if (isWebhookConversion(definition.spec.conversion)) return definition;
  return { ...definition, spec: { ...definition.spec, conversion: webhookConversionAt({}) } };
}

function acknowledgementsOfCrd(acknowledgements: readonly CrdAcknowledgement[], crd: string): Acknowledgement[] {
  return acknowledgements.filter((each) => each.crd === undefined || each.crd === crd);
}

export function hasErrorInReports(reports: readonly CrdReport[]): boolean {
  return reports.some(({ findings }) => findings.some(isUnacknowledgedError));
}

/** `2 errors, 1 warning, 3 acknowledged; 4 CRDs compared, 1 new` */
export function summarizeReports(reports: readonly CrdReport[]): string {
  const findings = reports.flatMap((report) => report.findings);
  const open = findings.filter(({ acknowledged }) => acknowledged === undefined);
  const found = (["error", "warning", "info"] as const)
    .map((severity) => [open.filter((finding) => finding.severity === severity).length, severity] as const)
    .filter(([number]) => number > 0)
    .map(([number, severity]) => describeCount(number, severity));
  const acknowledged = findings.length - open.length;
  if (acknowledged > 0) found.push(`${acknowledged} acknowledged`);
  const compared = reports.filter(({ old, next }) => old !== undefined && next !== undefined).length;
  const added = reports.filter(({ old }) => old === undefined).length;
  const crds = `${describeCount(compared, "CRD")} compared${added > 0 ? `, ${added} new` : ""}`;
  return `${found.length === 0 ? "no findings" : found.join(", ")}; ${crds}`;
}
