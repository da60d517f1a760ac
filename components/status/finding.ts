import type { Definition } from "../crd/definition";
import type { Problem } from "../kubernetes/problem";
import type { CrdFacts } from "./facts";

/** From best to worst; the worst finding of a CRD is its verdict. */
export const VERDICTS = ["ok", "migrate", "blocked", "broken"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** One thing that was found; `ok` makes it a warning. */
export interface Finding {
  readonly verdict: Verdict;
  readonly problem: Problem;
}

/** A CRD of the next release. */
export interface NextManifest {
  /** `crds/databases.yaml:1`. */
  readonly where: string;
  readonly manifest: Definition;
}

/** What the CRD is judged by besides itself. */
export interface Question {
  readonly now: Date;
  /** The command that migrates the CRD, ready to paste. */
  readonly migrate: string;
  /** The context's flag for kubectl, where one was given: ` --context prod`. */
  readonly kubectl: string;
  /** The CRD's manifest in the next release, as it was read. */
  readonly next?: NextManifest;
}

export interface JudgedCrd {
  readonly facts: CrdFacts;
  readonly verdict: Verdict;
  /** The worst first. */
  readonly findings: readonly Finding[];
}

export type Check = (facts: CrdFacts, question: Question) => Finding[];
