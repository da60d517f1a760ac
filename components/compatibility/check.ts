import type { Definition, Schema, Version } from "../crd/definition";
import type { Finding, Severity } from "./finding";

/** One kind of change: what docs/checks.md says of it, and what each of its findings says. */
export interface Check {
  /** In kebab-case. Acknowledgements name it, so it never changes. */
  readonly id: string;
  readonly severity: Severity;
  /** What it finds, and what it lets pass. */
  readonly explain: string;
  readonly why: string;
  readonly fix: string;
}

/** The same node of two schemas of a version. */
export interface Pair {
  readonly path: string;
  readonly old: Schema;
  readonly next: Schema;
  /** True at the root and for an embedded resource: apiVersion, kind and metadata are there whatever the schema says. */
  readonly isResource: boolean;
}

export interface Change {
  /** Where, below the node, the version or the CRD that was compared; left out, it is that itself. */
  readonly below?: string;
  readonly what: string;
}

export interface NodeCheck extends Check {
  /** The keywords about which this check, with others that name them too, says all there is to say. */
  readonly keywords: readonly string[];
  /** `clients`: nobody feels it unless the version is served before and after. `data`: it may change what is stored. */
  readonly concerns: "clients" | "data";
  compare(pair: Pair): Change[];
}

export interface VersionCheck extends Check {
  readonly keys: readonly string[];
  compare(old: Version, next: Version): Change[];
}

export interface DefinitionCheck extends Check {
  /** Keys of spec, or of spec.names with `names.` before them. */
  readonly keys: readonly string[];
  /** A rollout of VersionedCRD does this step in a safe order, behind gates that read the live cluster. */
  readonly safeInRollout?: true;
  compare(old: Definition, next: Definition): (Change & { below: string })[];
}

export function makeFindingOfCheck(check: Check, path: string, what: string): Finding {
  const { id, severity, why, fix } = check;
  return { check: id, path, severity, what, why, fix };
}
