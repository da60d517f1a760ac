import type { Cluster } from "../../kubernetes/cluster";
import { messageOfError } from "../../kubernetes/errors";
import { notLookedAt } from "../../plan/notLookedAt";
import { labelKeyName } from "../configuration/keyNames";
import { missingDesiredKeys } from "../desiredKeys";
import type { DistributeInputs } from "../inputs";
import { planSplitEntries } from "../plan";
import { silentWorkForRotationFacts, type RotationFacts } from "../rotationFacts";
import { readReportsNow, type Reported } from "../servers/reports";
import { configurationAtStage, type Stage } from "../stages";
import { fullReportHash } from "../../kubernetes/encryptionReport";
import { countPrefixesByResource, describePrefixCounts } from "../audit/countPrefixes";
import { type LiveConfiguration, NO_FILE } from "../liveConfiguration";
import { currentOutputKeyOrders } from "../currentOutputs";
import { describeCount } from "../../kubernetes/count";

/** Stands in for keys that are not made yet: only their names are shown. */
const NO_KEY = Buffer.alloc(32).toString("base64");

/** What moves by itself, shown beside the plan: objects, the order of the keys, what each server runs with. */
export async function previewNotes(
  inputs: DistributeInputs,
  cluster: Cluster,
  live: LiveConfiguration,
  facts: RotationFacts,
): Promise<string[]> {
  const orders = live.sha256 === NO_FILE ? [noteUnreached(inputs)] : noteKeyOrders(inputs, live);
  const counts = await countPrefixesByResource(inputs.audit, facts.resources).catch((error: unknown) =>
    messageOfError(error),
  );
  const objects = facts.resources.map(({ name, objects }) => `${name}: ${describeCount(objects, "object")}`);
  const bytes =
    typeof counts === "string"
      ? [notLookedAt(`etcd was not asked: ${counts}`)]
      : Object.entries(counts).map(([name, each]) => `${name} in etcd: ${describePrefixCounts(each)}`);
  const apart = planSplitEntries(live.configuration, inputs.desired);
  const kept = apart.length === 0 ? "" : `an entry of their own, with the keys they have: ${apart.join(", ")}`;
  return [
    orders.join("\n"),
    kept,
    objects.join("\n"),
    bytes.join("\n"),
    facts.unasked === undefined ? "" : notLookedAt(facts.unasked),
    await noteServers(inputs, cluster, live, facts),
  ].filter((note) => note !== "");
}

function noteUnreached({ desired }: DistributeInputs): string {
  return `no target: nobody checks that ${labelKeyName(desired.write)} is the first key of ${desired.resources.join(", ")}`;
}

/** By name, now and after each phase that edits the file. */
function noteKeyOrders({ desired }: DistributeInputs, live: LiveConfiguration): string[] {
  const material = Object.fromEntries(
    missingDesiredKeys(desired, live.configuration).map(({ name }) => [name, NO_KEY]),
  );
  let configuration = live.configuration;
  const seen: [string, Record<string, string[]>][] = [
    ["now", currentOutputKeyOrders(configuration, desired.resources)],
  ];
  for (const stage of ["distribute", "promote", "retire"] as const satisfies readonly Stage[]) {
    configuration = configurationAtStage(stage, configuration, desired, material);
    seen.push([`after ${stage}`, currentOutputKeyOrders(configuration, desired.resources)]);
  }
  return desired.resources.flatMap((resource) => [
    `keys of ${resource}, the first one writes:`,
    ...seen.map(([when, orders]) => `  ${when}: ${orders[resource]?.join(", ") ?? ""}`),
  ]);
}

async function noteServers(
  { decommissionedServers }: DistributeInputs,
  cluster: Cluster,
  live: LiveConfiguration,
  facts: RotationFacts,
): Promise<string> {
  try {
    const reported =
      facts.reported ?? (await readReportsNow(cluster, decommissionedServers, silentWorkForRotationFacts()));
    const held =
      live.sha256 === NO_FILE ? "" : `targets hold ${live.text === "" ? "no file" : fullReportHash(live.sha256)}; `;
    return [`${held}${reported.description}`, ...linesOfServers(reported)].join("\n");
  } catch (error) {
    return notLookedAt(`what the API servers run with: ${messageOfError(error)}`);
  }
}

function linesOfServers({ servers, missing }: Reported): string[] {
  return [
    ...servers.map(({ host, hash }) => `  ${host}: ${hash ?? "reports no hash (before 1.34, or without encryption)"}`),
    ...missing.map((sentence) => `  ${sentence}`),
  ];
}
