import { readFileSync } from "node:fs";
import { relative } from "node:path";
import type { Acknowledgement } from "../../compatibility/acknowledgements";
import type { Finding } from "../../compatibility/finding";
import { parseDocuments } from "../../crd/documents";
import { UserError } from "../../kubernetes/errors";
import { boundedProblemItems } from "../../kubernetes/problem";

/** Accepts a finding in one CRD; without `crd`, in the only one that has it. */
export interface CrdAcknowledgement extends Acknowledgement {
  readonly crd?: string;
  /** File and line. */
  readonly where: string;
}

const SHOWN = 10;
const REQUIRED = ["check", "path", "reason"] as const;
const KEYS: readonly string[] = [...REQUIRED, "crd"];
const EXPECTED = "a list of { check, path, reason } or { crd, check, path, reason }, each a text";

const NEXT = 'for example: [{ check: "field-removed", path: "spec.size", reason: "nobody sets it" }]';

/** Reads the file of `--ack`. */
export function readAcknowledgementFile(file: string): CrdAcknowledgement[] {
  const where = relative(process.cwd(), file) || file;
  const [document] = parseDocuments(readText(file, where), where);
  if (!Array.isArray(document?.value))
    throw new UserError({ what: `${where}: found no list of acknowledgements`, expected: EXPECTED, next: NEXT });
  const read = document.value.map((entry: unknown, index) => entryOf(entry, `${where}:${document.lineOf([index])}`));
  refuseTwinAcknowledgements(read);
  return read;
}

function readText(file: string, where: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    throw new UserError({ what: `--ack ${where}: cannot be read (${code})`, expected: EXPECTED });
  }
}

function entryOf(entry: unknown, where: string): CrdAcknowledgement {
  const found = (typeof entry === "object" && entry !== null ? entry : {}) as Record<string, unknown>;
  const wrong = [
    ...REQUIRED.filter((key) => !isText(found[key])).map((key) => `${key} is missing or no text`),
    ...Object.keys(found)
      .filter((key) => !KEYS.includes(key) || (key === "crd" && !isText(found[key])))
      .map((key) => (key === "crd" ? "crd is no text" : `${key} is none of its keys`)),
  ];
  if (wrong.length > 0) throw new UserError({ what: `${where}: ${wrong.join(", ")}`, expected: EXPECTED });
  return { ...(found as unknown as CrdAcknowledgement), where };
}

const isText = (value: unknown): boolean => typeof value === "string" && value.trim() !== "";

function refuseTwinAcknowledgements(acknowledgements: readonly CrdAcknowledgement[]): void {
  const seen = new Map<string, CrdAcknowledgement>();
  for (const each of acknowledgements) {
    const key = JSON.stringify([each.crd, each.check, each.path]);
    const twin = seen.get(key);
    if (twin !== undefined) {
      throw new UserError({ what: `${each.where}: says again what ${twin.where} says`, expected: "each finding once" });
    }
    seen.set(key, each);
  }
}

/**
 * What nobody needs any more goes, or it would hide the next finding of that name; and one without `crd` accepts one finding.
 *
 * @throws UserError for an acknowledgement that matches no finding, or findings in several CRDs
 */
export function refuseUnusableAcknowledgements(
  acknowledgements: readonly CrdAcknowledgement[],
  reports: readonly { crd: string; findings: readonly Finding[] }[],
): void {
  const matched = acknowledgements.map((each) => ({ each, crds: reports.filter(matches(each)).map(({ crd }) => crd) }));
  const unused = matched.filter(({ crds }) => crds.length === 0).map(({ each }) => describe(each));
  if (unused.length > 0) {
    throw new UserError({
      what: `${unused.length === 1 ? "an acknowledgement" : `${unused.length} acknowledgements`} of --ack matches nothing`,
      items: boundedProblemItems(unused.slice(0, SHOWN), unused.length),
      expected: "check and path of a finding",
      next: "correct it, or take it out; --json shows check and path of every finding",
    });
  }
  const unclear = matched.find(({ crds }) => crds.length > 1);
  if (unclear === undefined) return;
  throw new UserError({
    what: `${describe(unclear.each)}: matches findings of ${unclear.crds.length} CRDs`,
    items: boundedProblemItems(unclear.crds.slice(0, SHOWN), unclear.crds.length),
    expected: "the CRD that is meant",
    next: "add crd: metadata.name of the CRD",
  });
}

function matches({ crd, check, path }: CrdAcknowledgement) {
  return (report: { crd: string; findings: readonly Finding[] }): boolean =>
    (crd === undefined || crd === report.crd) &&
    report.findings.some((finding) => finding.check === check && finding.path === path);
}

function describe({ where, crd, check, path }: CrdAcknowledgement): string {
  return `${where}: ${crd === undefined ? "" : `${crd} `}${check} ${path}`;
}
