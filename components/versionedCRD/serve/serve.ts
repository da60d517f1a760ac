import { versionNamesOfDefinition, type Definition } from "../../crd/definition";
import { readDefinition } from "../../crd/readDefinition";
import { readAdmission } from "../../kubernetes/admission";
import { MetadataOnly, resourcePath } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { findApiServers } from "../../kubernetes/apiServers";
import { discoverStorageMigrationVersion } from "../../kubernetes/discovery";
import { hasErrorStatus, messageOfError, UserError } from "../../kubernetes/errors";
import { missingRights } from "../../kubernetes/missingRights";
import { describeProblem, type Problem } from "../../kubernetes/problem";
import { rightsWithoutWhichRolloutFails } from "../../kubernetes/rights/rolloutRights";
import { sleep } from "../../kubernetes/sleep";
import { awaitDefinitionSeen } from "../../migration/servers/awaitDefinitionSeen";
import { awaitServedEverywhere } from "../../migration/servers/servedEverywhere";
import type { PhaseWork } from "../../provider/phaseLogic";
import { carryProof } from "../carryProof";
import { storedInMissingVersion } from "../checks/storedInMissingVersion";
import { currentOutputs } from "../currentOutputs";
import { checkDependentsAtServe } from "../dependents";
import type { ServeInputs, RolloutPhase } from "../inputs";
import { requireLiveDefinition } from "../../migration/definition/liveDefinition";
import { areSomeOutlived, readAll, recordIfOutlived, recordOutlived } from "../../migration/definition/outlivedObjects";
import { restsOnOnlyVersion } from "../../migration/definition/proof";
import { applyDefinition } from "../applyDefinition";
import { takeOverFromFieldManagers } from "../fieldManagers";
import { isCreationPlan } from "../plan";
import { servedStage } from "../stages";
import { deleteCrd } from "./deletion";
import { awaitInjection } from "./injection";
import { checkServeAndAdoption, planServeAndTakeOver, previewServe } from "./preview";

/** serve: the new versions are added, served, not storage; the conversion is set; every live version stays. */
export const serve: RolloutPhase<ServeInputs> = {
  plansWithout: ["manifest.spec.conversion"],
  recorded: ["__urn", "__found", "cluster", "crd", "group", "plural", "owner", "onDelete"], // of a delete nothing else is known

  preview: previewServe,

  async assertRights(inputs, cluster) {
    const found = await readDefinition(cluster, inputs.crd);
    if (planServeAndTakeOver(inputs, found).plan.length > 0) await assertRightsForRollout(inputs, cluster, found);
  },

  async run(inputs: ServeInputs & { plan?: string[] }, work) {
    const { cluster } = work;
    const found = await readDefinition(cluster, inputs.crd);
    const gone = found === undefined && !isCreationPlan(inputs.plan) && inputs.recreate !== true;
    if (gone) throw new UserError(wentAway(inputs.crd, "although it was there when this run began"));
    const others = await checkDependentsAtServe(inputs, cluster, found, readAdmission);
    // Whose the CRD is, check has asked the state.
    const problems = [...checkServeAndAdoption(inputs, found, "ours").problems, ...others.problems];
    if (problems.length > 0) throw new UserError(problems.join("\n"));
    const { plan, managers } = planServeAndTakeOver(inputs, found);
    let created: Created | undefined;
    if (plan.length > 0) {
      work.signal.throwIfAborted(); // what is made where nothing was has no resourceVersion that would refuse it
      const before = found && (await recordIfOutlived(found, work));
      const intent = servedStage(inputs.manifest, before, inputs.owner);
      const isAdded = before !== undefined && intent.spec.versions.length > 1;
      const evidence = isAdded ? await evidenceOfOnlyVersion(before, work) : "not needed";
      work.report(`applying ${inputs.crd}`);
      const after = await applyDefinition(cluster, intent, before, { force: managers.length > 0 });
      const complete = await awaitInjection(inputs.crd, after, work);
      if (before === undefined) created = { after, complete };
      else {
        const kept =
          evidence === "unreadable"
            ? await recordOutlived(complete, work)
            : await carryProof(cluster, before, after, complete, evidence === "all read");
        await takeOverFromFieldManagers(cluster, kept, managers);
      }
    }
    await awaitEstablished(inputs, work);
    work.saveOutputs(currentOutputs(await requireLiveDefinition(cluster, inputs.crd))); // from here on it may hold objects
    const names = await awaitServedByAll(inputs, work, plan.length > 0);
    if (created !== undefined) await lookAtObjectsOfNew(created, work);
    const live = await requireLiveDefinition(cluster, inputs.crd);
    return { ...currentOutputs(live), summary: `${versionNamesOfDefinition(live).join(", ")} on ${names}` };
  },

  contradiction({ storageVersion, __found }, inputs) {
    const isKnown = storageVersion !== undefined || __found === true;
    if (!isKnown || inputs.recreate === true || !isCreationPlan(inputs.plan)) return undefined;
    const version = storageVersion === undefined ? "" : `, with storage version ${storageVersion}`;
    return describeProblem(wentAway(inputs.crd, `although this stack has it${version}`));
  },
  // What becomes of the CRD is in the state: the one that runs a delete sees nothing else.
  outdated: (olds, news) => olds.onDelete !== news.onDelete || olds.owner !== news.owner,

  remove: deleteCrd,
};

function wentAway(crd: string, although: string): Problem {
  return {
    what: `${crd}: the CRD is not in the cluster, ${although}`,
    expected: "the CRD and its objects",
    why: "it was deleted, and every object of it as well",
    next: "restore both from a backup, or set recreate: true to begin with an empty one",
  };
}

/** A right that is missing for a later phase, or for the lock, stops the rollout before anything has changed, and not half way. */
async function assertRightsForRollout(
  inputs: ServeInputs,
  cluster: Cluster,
  before: Definition | undefined,
): Promise<void> {
  const { crd, group, plural, migrator } = inputs;
  const inTree = migrator === "in-tree" && (await discoverStorageMigrationVersion(cluster)) !== undefined;
  const rules = rightsWithoutWhichRolloutFails([{ group, plural }], { creates: before === undefined, inTree });
  const missing = await missingRights(cluster, rules, "kube-system");
  if (missing.length === 0) return;
  throw new UserError({
    what: `${crd}: not allowed to ${missing.join(", to ")}`,
    expected: "every right of the whole rollout before its first change",
    next: `grant this user by a ClusterRoleBinding (a Role in some namespaces does not reach every object) what docs/rights.md lists for pulumi up, or what rightsForUp([{ group: "${group}", plural: "${plural}" }]) returns`,
  });
}

async function awaitEstablished({ crd }: ServeInputs, work: PhaseWork): Promise<void> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const conditions = (await requireLiveDefinition(work.cluster, crd)).status?.conditions ?? [];
    const refused = conditions.find(({ type, status }) => type === "NamesAccepted" && status === "False");
    if (refused !== undefined) {
      throw new UserError({
        what: `${crd}: the names are not accepted: ${refused.message}`,
        expected: "names no other CRD uses",
        next: `see which CRD has them with \`kubectl get crd -o wide\`, and choose others`,
      });
    }
    if (conditions.some(({ type, status }) => type === "Established" && status === "True")) return;
    const said = conditions
      .filter(({ type, status }) => type === "Established" && status !== "True")
      .map(({ reason, message }) => `${reason ?? "no reason"}: ${message ?? "no message"}`);
    if (performance.now() > deadline) {
      throw new UserError({
        what: `${crd}: not Established after 30 s`,
        expected: "the API server to serve the CRD within seconds",
        why: said.length === 0 ? "it says nothing of it" : `it says: ${said.join("; ")}`,
        next: `see \`kubectl describe crd ${crd}\` and run \`pulumi up\` again`,
      });
    }
    work.report(`waiting for the API server to establish the CRD${said.length === 0 ? "" : ` (${said.join("; ")})`}`);
    await sleep(200, work.signal);
  }
}

/** A CRD as our apply made it, and as it was once an injector had written its caBundle. */
interface Created {
  readonly after: Definition;
  readonly complete: Definition;
}

/** What is read while there is one version is stored in it. What cannot be read may be in one that somebody took out. */
async function evidenceOfOnlyVersion(
  before: Definition,
  work: PhaseWork,
): Promise<"all read" | "unreadable" | "not needed"> {
  if (!restsOnOnlyVersion(before)) return "not needed";
  const found = await readAll(before, work);
  if (found === "not known") return "not needed";
  return found === "fine" ? "all read" : "unreadable";
}

/**
 * A CRD that was just made has no objects, unless they outlived an earlier one of its name. Killed before this, the next plan looks
 * at them; the proof that outlives an injected caBundle is recorded after it.
 */
async function lookAtObjectsOfNew({ after, complete }: Created, work: PhaseWork): Promise<void> {
  if (after.spec.versions.length === 1) return;
  const live = await requireLiveDefinition(work.cluster, after.metadata.name);
  if (await areSomeOutlived(live, work)) await recordOutlived(live, work);
  else if (live.metadata.generation === complete.metadata.generation)
    await carryProof(work.cluster, undefined, after, live);
}

/**
 * Every API server serves every version, shown by discovery and by one real read, through the conversion where there is one.
 * Discovery shows no change of a schema: a server that is behind would answer the rehearsal under the old one.
 */
async function awaitServedByAll(inputs: ServeInputs, work: PhaseWork, wasApplied: boolean): Promise<string> {
  const { group, plural } = inputs;
  const live = await requireLiveDefinition(work.cluster, inputs.crd);
  const isServed = live.spec.versions.filter((version) => version.served).map(({ name }) => name);
  const notServed = versionNamesOfDefinition(live).filter((name) => !isServed.includes(name));
  const servers = await findApiServers(work.cluster, { ...work, decommissioned: inputs.decommissionedServers });
  try {
    await awaitServedEverywhere(servers, { group, plural }, { served: isServed, notServed }, work);
    if (wasApplied) await awaitDefinitionSeen(servers, live, work);
    for (const version of isServed) await tryRead(live, work, version);
    return servers.description;
  } finally {
    servers.close();
  }
}

/** One real read, through the conversion where there is one. Which objects it rejects is for the rehearsal to list. */
async function tryRead(live: Definition, { cluster, warn }: PhaseWork, version: string): Promise<void> {
  const { group, names } = live.spec;
  try {
    await cluster.call({
      method: "GET",
      path: resourcePath({ group, version, plural: names.plural }),
      query: { limit: 1 },
      accept: MetadataOnly.list,
    });
  } catch (error) {
    if (!hasErrorStatus(error, 429, 500, 503)) throw error;
    const missing = storedInMissingVersion(live, error.serverMessage);
    if (missing !== undefined) throw new UserError(missing);
    warn(`objects cannot be read as ${version} yet: ${messageOfError(error)}`);
  }
}
