import { parseArgs } from "node:util";
import { Cluster } from "../../kubernetes/cluster";
import { UserError } from "../../kubernetes/errors";
import { kubeconfigContextNames } from "../../kubernetes/kubeconfig";
import type { ClusterReference } from "../../kubernetes/kubeconfigFiles";
import { type ClusterStatus, exitCodeOfClusterStatus } from "../../status/clusterStatus";
import { judgeClusterStatus } from "../../status/judge";
import { collectFacts } from "../../status/collectFacts";
import type { NextManifest } from "../../status/finding";
import { renderStatusAsJson } from "../../status/render/json";
import { renderStatusAsMarkdown } from "../../status/render/markdown";
import { renderStatusAsText } from "../../status/render/text";
import { assertAtMostOneOption, type ExitCode, type Subcommand, type Terminal } from "../subcommand";
import { readNextManifests } from "./nextManifests";
import { compilePatterns } from "./patterns";

const HELP = `usage: kubernetes-storage-migration status [NAME-OR-PATTERN…] [--context CONTEXT…] [--against PATH]

Shows every CRD of a cluster: what blocks its next upgrade, and what to do. Reads only.

  NAME-OR-PATTERN    only these CRDs, as databases.example.com or '*.example.com'; shown also where they are ok
  --context CONTEXT  of the kubeconfig; may be given several times; without it, the current one
  --all-contexts     every context of the kubeconfig
  --kubeconfig FILE  without it, what kubectl would take
  --against PATH     the next release's manifests, a file, a folder, - or git:REF:PATH: its CRDs alone, and which upgrade
                     would be refused
  --all              every CRD, and every finding
  --wide             more columns: proof, end of certificates, who owns the manifest
  --json             everything that was seen, as JSON
  --markdown         the table and the findings as Markdown

Exit code: 0 every CRD is ok, 1 some CRD is not, 2 a cluster could not be looked at.`;

/** Every CRD of a cluster, and what blocks its next upgrade. */
export const status: Subcommand = {
  name: "status",
  summary: "show every CRD of a cluster: what blocks its next upgrade, and what to do",
  help: HELP,
  run: showStatus,
};

/** Clusters that are looked at at a time. */
const AT_ONCE = 4;

async function showStatus(args: string[], terminal: Terminal): Promise<ExitCode> {
  const { values, positionals: patterns } = readStatusArgs(args);
  const { kubeconfig, context, against, all = false, wide = false, json = false, markdown = false } = values;
  const next = against === undefined ? undefined : await readNextManifests(against, terminal);
  const references = await referencesOf(kubeconfig, context, values["all-contexts"] === true);
  const clusters = await lookAtAll({ references, patterns, next }, terminal);
  const [only] = clusters;
  if (json) {
    terminal.print(renderStatusAsJson(clusters));
  } else if (clusters.length === 1 && only !== undefined && "error" in only) {
    // Among several it belongs to the report; alone there is none.
    terminal.complain(only.error);
  } else {
    const shown = { all, wide, named: patterns.length > 0 || next !== undefined };
    terminal.print(markdown ? renderStatusAsMarkdown(clusters, shown) : renderStatusAsText(clusters, shown));
  }
  return exitCodeOfClusterStatus(clusters);
}

function readStatusArgs(args: string[]) {
  const read = parseArgs({
    args,
    allowPositionals: true,
    options: {
      context: { type: "string", multiple: true },
      "all-contexts": { type: "boolean" },
      kubeconfig: { type: "string" },
      against: { type: "string" },
      all: { type: "boolean" },
      wide: { type: "boolean" },
      json: { type: "boolean" },
      markdown: { type: "boolean" },
    },
  });
  assertAtMostOneOption(read.values, ["json", "markdown"]);
  assertAtMostOneOption(read.values, ["all-contexts", "context"]);
  return read;
}

interface Asked {
  readonly references: readonly ClusterReference[];
  readonly patterns: readonly string[];
  readonly next: ReadonlyMap<string, NextManifest> | undefined;
}

async function referencesOf(
  kubeconfig: string | undefined,
  contexts: readonly string[] | undefined,
  all: boolean,
): Promise<ClusterReference[]> {
  const base = kubeconfig === undefined ? {} : { kubeconfig };
  const named = all ? await kubeconfigContextNames(base) : contexts;
  return named === undefined ? [base] : [...new Set(named)].map((context) => ({ ...base, context }));
}

/** In the order in which they were named, whichever answers first. */
async function lookAtAll(asked: Asked, terminal: Terminal): Promise<ClusterStatus[]> {
  const found: ClusterStatus[] = [];
  const { references } = asked;
  let next = 0;
  const lookAtNext = async (): Promise<void> => {
    for (let index = next++; index < references.length; index = next++) {
      found[index] = await lookAt(references[index] ?? {}, asked, terminal);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lookAtNext));
  terminal.progress("");
  return found;
}

async function lookAt(reference: ClusterReference, asked: Asked, terminal: Terminal): Promise<ClusterStatus> {
  const { patterns, next = new Map<string, NextManifest>() } = asked;
  const name = reference.context ?? "(current)";
  const report = (line: string): void => terminal.progress(`${name}: ${line}`);
  try {
    report("connecting");
    const cluster = await Cluster.connect(reference);
    try {
      const matches = compilePatterns(patterns);
      const isWanted = (crd: string): boolean => matches(crd) && (asked.next === undefined || next.has(crd));
      const facts = await collectFacts(cluster, isWanted, { report, signal: new AbortController().signal });
      if (facts.crds.length === 0 && patterns.length > 0) throw noMatch(patterns, facts.context);
      return judgeClusterStatus(facts, { now: new Date(), namesContext: reference.context !== undefined, next });
    } finally {
      cluster.close();
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { context: name, error: error.message };
  }
}

function noMatch(patterns: readonly string[], context: string): UserError {
  return new UserError({
    what: `no CRD is named ${patterns.join(", ")} in context ${context}`,
    expected: "metadata.name of a CRD, as databases.example.com, or a pattern as '*.example.com'",
    next: "see kubectl get crd",
  });
}
