import { parseArgs } from "node:util";
import { Cluster } from "../../kubernetes/cluster";
import type { ClusterReference } from "../../kubernetes/kubeconfigFiles";
import { withRetries } from "../../kubernetes/retry";
import { assertIsResourceNameOrPattern } from "../../kubernetes/resourceNames";
import { isMigrationReady, type MigrationPlan } from "../../migration/entries/plannedMigration";
import { CLUSTER_OPTIONS, clusterReferenceOfOptions } from "../clusterOptions";
import { assertAtMostOneOption, UsageError, type ExitCode, type Subcommand, type Terminal } from "../subcommand";
import {
  describeMigrationPlans,
  describeMigrationOutcomes,
  describeMigrationProblem,
  type Outcome,
} from "./describeMigration";
import { findMigrationPlans } from "./findMigrationPlans";
import { Lines } from "./lines";
import { migratePlans, rehearsePlans } from "./runPlans";
import { describeCount } from "../../kubernetes/count";
import type { MigrationOptions } from "../../migration/resourceMigration";

const HELP = `usage: kubernetes-storage-migration migrate RESOURCE… [--dry-run | --yes] [--context NAME] [--kubeconfig FILE]

Rewrites every object of CRDs that somebody else manages (a Helm chart, an operator, Argo CD) to their storage
version, proves it on every API server, and prunes status.storedVersions, so that an old version can be dropped.
It never edits a spec, takes over no field of it and adds no owner. Killed anywhere, run it again.

RESOURCE is metadata.name of a CRD (ciliumnodes.cilium.io), a pattern for every CRD of a group (*.cilium.io), or a
built-in resource (secrets, horizontalpodautoscalers.autoscaling), which has no storedVersions: its objects are
rewritten and proven.

  --dry-run     rehearse by dry run of every object, say what would happen, write nothing
  --yes, -y     do not ask
  --context NAME      context in the kubeconfig; default: the current one
  --kubeconfig FILE   default: what kubectl uses
  --migrator WHO      in-tree (default): a StorageVersionMigration where the cluster serves them, then our own pass,
                      which is the proof; direct: our own pass alone
  --request-timeout-seconds N   the API servers' --request-timeout; default 60. Requests that began before may store the
                      old version for that long, and are waited for. Too low a number can lose objects
  --decommissioned-server HOST  an API server that will never come back although its Lease is there; may be repeated

Exit code: 0 all proven or nothing to do, 1 one or more are not, 2 it could not look or the input is unusable.

Examples:
  kubernetes-storage-migration migrate ciliumnodes.cilium.io
  kubernetes-storage-migration migrate '*.cilium.io' --context production --dry-run`;

/** Migrates CRDs that somebody else manages, and built-in resources, without Pulumi. */
export const migrate: Subcommand = {
  name: "migrate",
  summary: "rewrite, prove and prune the stored versions of CRDs that somebody else manages",
  help: HELP,
  run: async (args, terminal) => runRequest(parseRequest(args), terminal),
};

interface Request extends MigrationOptions, ClusterReference {
  resources: string[];
  dryRun: boolean;
  yes: boolean;
}

function parseRequest(args: string[]): Request {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      "dry-run": { type: "boolean", default: false },
      yes: { type: "boolean", short: "y", default: false },
      ...CLUSTER_OPTIONS,
      migrator: { type: "string", default: "in-tree" },
      "request-timeout-seconds": { type: "string", default: "60" },
      "decommissioned-server": { type: "string", multiple: true, default: [] },
    },
  });
  const { migrator } = values;
  if (positionals.length === 0)
    throw new UsageError({
      what: "no RESOURCE is given",
      expected: "one or more, e.g. ciliumnodes.cilium.io or secrets",
      next: "see what is stale: kubernetes-storage-migration status",
    });
  positionals.forEach(assertIsResourceNameOrPattern);
  assertAtMostOneOption(values, ["dry-run", "yes"]);
  if (migrator !== "in-tree" && migrator !== "direct")
    throw new UsageError({ what: `--migrator is ${migrator}`, expected: "in-tree or direct" });
  return {
    resources: positionals,
    dryRun: values["dry-run"],
    yes: values.yes,
    migrator,
    requestTimeoutSeconds: secondsOf(values["request-timeout-seconds"]),
    decommissionedServers: values["decommissioned-server"],
    ...clusterReferenceOfOptions(values),
  };
}

/** A wait of no length, from a value that is no number, would be a gate left open. */
function secondsOf(text: string): number {
  const seconds = Number(text);
  if (/^\d+$/.test(text) && seconds >= 1 && seconds <= 3600) return seconds;
  throw new UsageError({
    what: `--request-timeout-seconds is ${text}`,
    expected: "whole seconds from 1 to 3600, the API servers' --request-timeout",
  });
}

async function runRequest(request: Request, terminal: Terminal): Promise<ExitCode> {
  const lines = new Lines(terminal);
  const work = { report: (message: string) => lines.report("", message), signal: terminal.interrupted };
  return withRetries(work, async () => {
    const cluster = await Cluster.connect(request);
    try {
      const plans = await findMigrationPlans(cluster, request.resources, request, work);
      lines.clear();
      terminal.print(describeMigrationPlans(plans, `${cluster.server} (context ${cluster.context})`));
      return await carryOut(request, cluster, plans, terminal, lines);
    } finally {
      lines.clear();
      cluster.close();
    }
  });
}

async function carryOut(
  request: Request,
  cluster: Cluster,
  plans: readonly MigrationPlan[],
  terminal: Terminal,
  lines: Lines,
): Promise<ExitCode> {
  const ready = plans.filter(isMigrationReady);
  const refused = plans.flatMap(({ refusal }) => (refusal === undefined ? [] : [refusal]));
  for (const refusal of refused) terminal.complain(describeMigrationProblem(refusal));
  if (ready.length === 0) return refused.length === 0 ? 0 : 1;
  const question = `Migrate ${describeCount(ready.length, "resource")}?`;
  if (!request.dryRun && !request.yes) {
    if (terminal.ask === undefined) {
      terminal.complain(`${question} There is no terminal to ask at: say --yes to migrate, --dry-run to rehearse`);
      return 2;
    }
    if (!/^y(es)?$/i.test((await terminal.ask(`${question} [y/N] `)).trim())) return 1;
  }
  const outcomes = await (request.dryRun ? rehearsePlans : migratePlans)(cluster, ready, request, lines, terminal);
  lines.clear();
  terminal.print(describeMigrationOutcomes(outcomes));
  for (const { problem } of outcomes) if (problem !== undefined) terminal.complain(describeMigrationProblem(problem));
  return refused.length === 0 && outcomes.every(isGood) ? 0 : 1;
}

function isGood({ problem }: Outcome): boolean {
  return problem === undefined;
}
