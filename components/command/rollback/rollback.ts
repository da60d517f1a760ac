import { parseArgs } from "node:util";
import type { Definition } from "../../crd/definition";
import { Cluster } from "../../kubernetes/cluster";
import type { ClusterReference } from "../../kubernetes/kubeconfigFiles";
import { withRetries } from "../../kubernetes/retry";
import { assertIsCrdName, isResourceNamePattern } from "../../kubernetes/resourceNames";
import { collectRollbackFacts } from "../../rollback/collect";
import { decideRollback } from "../../rollback/rollback";
import { describeManifestOwners, manifestOwners } from "../../status/manifestOwners";
import { requireCrd } from "../inputs/requireCrd";
import { CLUSTER_OPTIONS, clusterReferenceOfOptions } from "../clusterOptions";
import { assertAtMostOneOption, UsageError, type ExitCode, type Subcommand, type Terminal } from "../subcommand";
import { renderRollbackAsJson } from "./json";
import { renderRollbackAsMarkdown } from "./markdown";
import type { RollbackReport } from "./report";
import { renderRollbackAsText } from "./text";

const HELP = `usage: kubernetes-storage-migration rollback RESOURCE --to VERSION [--context NAME] [--kubeconfig FILE]

Says what a downgrade of a CRD to an older version needs, and what blocks it: the steps in their order, ready to
paste; the fields that only newer versions hold, and how many objects have them; who still uses newer versions.
Reads only: the CRD, and at most 50 objects at each version in which an object may be stored.

RESOURCE is metadata.name of a CRD (ciliumnodes.cilium.io), VERSION the name of the version to go back to (v1).

  --to VERSION        the version that is to be stored and served again
  --context NAME      context in the kubeconfig; default: the current one
  --kubeconfig FILE   default: what kubectl uses
  --json              everything that was seen and decided, as JSON
  --markdown          the same as the text, as Markdown

Exit code: 0 nothing blocks, 1 something blocks, 2 it could not look or the input is unusable.

Example:
  kubernetes-storage-migration rollback databases.example.com --to v1`;

/** What a downgrade needs, and what blocks it. */
export const rollback: Subcommand = {
  name: "rollback",
  summary: "say what a downgrade of a CRD to an older version needs, and what blocks it",
  help: HELP,
  run: (args, terminal) => showRollback(readRollbackArgs(args), terminal),
};

interface Asked extends ClusterReference {
  readonly crd: string;
  readonly to: string;
  readonly form: "text" | "json" | "markdown";
}

function readRollbackArgs(args: string[]): Asked {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      to: { type: "string" },
      ...CLUSTER_OPTIONS,
      json: { type: "boolean" },
      markdown: { type: "boolean" },
    },
  });
  const { to, json = false, markdown = false } = values;
  assertAtMostOneOption(values, ["json", "markdown"]);
  const [crd, ...others] = positionals;
  if (crd === undefined || others.length > 0 || isResourceNamePattern(crd))
    throw new UsageError({
      what: crd === undefined ? "no RESOURCE is given" : `RESOURCE is ${positionals.join(" ")}`,
      expected: "metadata.name of one CRD, e.g. databases.example.com",
      next: "kubectl get crd",
    });
  assertIsCrdName(crd);
  if (to === undefined)
    throw new UsageError({
      what: "--to is not given",
      expected: "a version of the CRD that was its storage version before, e.g. --to v1",
      next: `see its versions: kubectl get crd ${crd} -o jsonpath='{.spec.versions[*].name}'`,
    });
  return {
    crd,
    to,
    form: json ? "json" : markdown ? "markdown" : "text",
    ...clusterReferenceOfOptions(values),
  };
}

async function showRollback({ crd, to, form, ...reference }: Asked, terminal: Terminal): Promise<ExitCode> {
  const cluster = await Cluster.connect(reference);
  try {
    const report = (message: string): void => terminal.progress(message);
    return await withRetries({ report, signal: terminal.interrupted }, async () => {
      report(`looking at ${crd}`);
      const live = await requireCrd(cluster, crd);
      const facts = await collectRollbackFacts(cluster, live, to);
      terminal.progress("");
      const decided: RollbackReport = {
        context: cluster.context,
        server: cluster.server,
        manifestOf: describeOtherOwners(live),
        ...decideRollback(facts, flagsOf(reference)),
      };
      terminal.print(RENDER[form](decided));
      return decided.blockers.length > 0 ? 1 : 0;
    });
  } finally {
    terminal.progress("");
    cluster.close();
  }
}

/** Who applies the manifest next; a VersionedCRD is what the steps are for. */
function describeOtherOwners({ metadata }: Definition): string {
  const manifest = manifestOwners(metadata);
  return manifest.versionedCRD === undefined ? describeManifestOwners({ manifest }) : "";
}

const RENDER = { text: renderRollbackAsText, json: renderRollbackAsJson, markdown: renderRollbackAsMarkdown };

/** What was given here is given to the commands to paste, where kubectl knows it by the same names. */
function flagsOf({ context, kubeconfig }: ClusterReference): string {
  const given = { context, kubeconfig };
  return Object.entries(given)
    .map(([name, value]) => (value === undefined ? "" : ` --${name} ${quote(value)}`))
    .join("");
}

function quote(word: string): string {
  return /^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`;
}
