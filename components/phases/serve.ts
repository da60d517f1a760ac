import { checkServe } from "../crd/checks/serve";
import { unreadable } from "../crd/checks/unreadable";
import { checkedManifest } from "../crd/manifest";
import { digest } from "../crd/canonical";
import { warnOfPrograms } from "../customResources/writtenByPulumi";
import { isWebhook, servedByName, storageVersion, versionNames, type Definition } from "../crd/definition";
import { checkEntering, heldByOthers, takenOver, type Entry } from "../crd/entering";
import { annotate, applyDefinition, readDefinition, requireDefinition, takeOver } from "../crd/live";
import { PROOF_ANNOTATION } from "../crd/names";
import {
  isCreation,
  planDrop,
  planMigrate,
  planRehearse,
  planServe,
  planStore,
  schemaDigest,
  type Facts,
} from "../crd/plan";
import { served } from "../crd/stages";
import { MetadataOnly, resourcePath } from "../kubernetes/api";
import { readAdmission } from "../kubernetes/admission";
import { findApiServers } from "../kubernetes/apiServers";
import type { Cluster } from "../kubernetes/cluster";
import { servedStorageMigrationVersion } from "../kubernetes/discovery";
import { hasStatus, UserError } from "../kubernetes/errors";
import { missingRights } from "../kubernetes/missingRights";
import { rightsWithoutWhich } from "../kubernetes/rights";
import { probeConversion } from "../migration/conversionReview";
import { servedEverywhere } from "../migration/agreement";
import { recordedProof, whyProven, type Proof } from "../migration/proof";
import type { StateBefore } from "./before";
import { deleteCrd } from "./deletion";
import { planFacts } from "./facts";
import type { ServeInputs } from "./facets";
import type { PhaseLogic, PhaseWork } from "./logic";
import { othersAtServe } from "./others";
import { standing } from "./standing";
import { readable, unknownPaths } from "./unknown";

/** serve: the new versions are added, served, not storage; the conversion is set; every live version stays. */
export const serve: PhaseLogic<ServeInputs> = {
  plansWithout: ["manifest.spec.conversion"],

  async look(given, cluster, live, before) {
    const inputs = { ...given, manifest: supposed(given.manifest) };
    const { manifest } = inputs;
    checkedManifest(manifest, inputs.crd);
    const plan = planned(inputs, live);
    const found = checked(inputs, live, before);
    const isKnown = manifest === given.manifest;
    const others = await othersAtServe(inputs, cluster, live);
    const probed = isKnown && plan.length > 0 ? await probeWebhook(inputs, cluster, live) : [];
    const facts = await planFacts(inputs, cluster, live);
    const plans = rolloutPlans(inputs, live, facts);
    const unread = unreadable(manifest, live, facts.unreadable, plans.flat().length > 0);
    const isListed = facts.unreadable === undefined;
    const moves = live !== undefined && isListed && storageVersion(live) !== inputs.storage;
    const programs = moves ? await warnOfPrograms(cluster, live, inputs.storage) : undefined;
    return {
      plan,
      problems: [...found.problems, ...others.problems, ...probed, ...unread.problems],
      warnings: [
        ...found.warnings,
        ...others.warnings,
        ...unread.warnings,
        ...(programs === undefined ? [] : [programs]),
      ],
      inputs: { digest: digest(plans) },
    };
  },

  async run(inputs: ServeInputs & { plan?: string[] }, work) {
    const { cluster } = work;
    const before = await readDefinition(cluster, inputs.crd);
    const gone = before === undefined && !isCreation(inputs.plan) && inputs.recreate !== true;
    if (gone) throw new UserError(wentAway(inputs.crd, "although it was there when this run began"));
    const others = await othersAtServe(inputs, cluster, before, readAdmission);
    const problems = [...checked(inputs, before, "ours").problems, ...others.problems]; // whose the CRD is, check has asked the state
    if (problems.length > 0) throw new UserError(problems.join("\n"));
    if (planned(inputs, before).length > 0) {
      await mayFinish(inputs, work, before);
      work.report(`applying ${inputs.crd}`);
      const managers = takenOver(before, inputs.manifest, entryOf(inputs)).map(({ manager }) => manager);
      const intent = served(inputs.manifest, before, inputs.owner);
      const after = await applyDefinition(cluster, intent, before, { force: managers.length > 0 });
      await takeOver(cluster, await carryProof(cluster, before, after), managers);
    }
    await established(inputs, work);
    const names = await servedByAll(inputs, work);
    const live = await requireDefinition(cluster, inputs.crd);
    return { ...standing(live), summary: `${versionNames(live).join(", ")} on ${names}` };
  },

  contradiction(outputs, inputs) {
    if (outputs.storageVersion === undefined || inputs.recreate === true || !isCreation(inputs.plan)) return undefined;
    return wentAway(inputs.crd, `although this stack has it, with storage version ${outputs.storageVersion}`);
  },
  // What becomes of the CRD is in the state: the one that runs a delete sees nothing else.
  outdated: (olds, news) => olds.onDelete !== news.onDelete || olds.owner !== news.owner,

  remove: deleteCrd,
};

function wentAway(crd: string, although: string): string {
  return `${crd}: the CRD is not in the cluster, ${although}; expected it there; it was deleted, and every object of it as well; restore both from a backup, or set recreate: true to begin with an empty one`;
}

function entryOf({ owner, takeOverFrom = [], __adopts: adopts = false }: ServeInputs): Entry {
  return { owner, takeOverFrom, adopts };
}

function planned(inputs: ServeInputs, live: Definition | undefined): string[] {
  const taken = takenOver(live, inputs.manifest, entryOf(inputs)).map(({ manager }) => manager);
  return planServe(live, inputs.manifest, inputs.owner, taken);
}

function checked(inputs: ServeInputs, live: Definition | undefined, before: StateBefore) {
  const found = checkServe(inputs.manifest, live, inputs.owner, inputs.__formerOwner);
  const entering = checkEntering(live, inputs.manifest, entryOf(inputs), before);
  return { problems: [...found.problems, ...entering], warnings: [...found.warnings, ...heldByOthers(live)] };
}

/** A right that is missing for a later phase stops the rollout here, before anything has changed, and not half way. */
async function mayFinish(inputs: ServeInputs, { cluster }: PhaseWork, before: Definition | undefined): Promise<void> {
  const { crd, group, plural, migrator } = inputs;
  const inTree = migrator === "in-tree" && (await servedStorageMigrationVersion(cluster)) !== undefined;
  const rules = rightsWithoutWhich([{ group, plural }], { creates: before === undefined, inTree });
  const missing = await missingRights(cluster, rules, "kube-system");
  if (missing.length === 0) return;
  throw new UserError(
    `${crd}: not allowed to ${missing.join(", to ")}; expected every right of the whole rollout before its first change; grant this user what the README lists for pulumi up, or what rightsForUp([{ group: "${group}", plural: "${plural}" }]) returns`,
  );
}

/** A conversion of which preview knows only a part: a webhook, since nobody waits for another resource to say None. */
function supposed(manifest: Definition): Definition {
  if (unknownPaths(manifest).length === 0) return manifest;
  const { conversion } = manifest.spec;
  const whole =
    typeof conversion === "string"
      ? { strategy: "Webhook", webhook: { clientConfig: { url: conversion } } }
      : conversion;
  return readable({ ...manifest, spec: { ...manifest.spec, ...(whole && { conversion: whole }) } });
}

/**
 * Our own edit of anything but the storage version leaves every object as it is: the proof goes on to the generation that
 * the edit made. Where anyone else moved the generation, it does not.
 */
export async function carryProof(
  cluster: Cluster,
  before: Definition | undefined,
  after: Definition,
): Promise<Definition> {
  const generation = after.metadata.generation ?? 0;
  if (before === undefined || storageVersion(before) !== storageVersion(after)) return after;
  if (generation !== (before.metadata.generation ?? 0) + 1 || whyProven(before, undefined) === undefined) return after;
  const uid = after.metadata.uid ?? "";
  const known = validProof(before) ?? {
    resourceVersion: after.metadata.resourceVersion,
    objects: 0,
    servers: [],
    missing: [],
  };
  const proof = { ...known, uid, generation, storageVersion: storageVersion(after) };
  return annotate(cluster, after, { [PROOF_ANNOTATION]: JSON.stringify(proof) });
}

/** A record left over from another cluster or generation must not lend its numbers to the new one. */
function validProof(live: Definition): Proof | undefined {
  const proof = recordedProof(live);
  const { uid, generation } = live.metadata;
  const isValid = proof?.uid === uid && proof?.generation === generation;
  return isValid && proof?.storageVersion === storageVersion(live) ? proof : undefined;
}

/** What all phases plan. Its digest is an input: `up --plan` refuses a cluster that moved since, before the first write. */
function rolloutPlans(inputs: ServeInputs, live: Definition | undefined, facts: Facts): string[][] {
  const { manifest, storage, migrator } = inputs;
  return [
    planned(inputs, live),
    planRehearse(live, {
      version: storage,
      schema: schemaDigest(manifest),
      versions: servedByName(manifest),
      stopsHere: false,
    }),
    planStore(live, storage),
    planMigrate(live, storage, migrator, facts),
    planDrop(live, versionNames(manifest)),
  ];
}

/** Asks the webhook before anything changes: a CRD whose conversion does not answer takes its objects down with it. */
async function probeWebhook(
  { manifest }: ServeInputs,
  cluster: Cluster,
  live: Definition | undefined,
): Promise<string[]> {
  const client = manifest.spec.conversion?.webhook?.clientConfig;
  if (!isWebhook(manifest.spec.conversion) || client === undefined) return [];
  const { group, names } = manifest.spec;
  const to = storageVersion(manifest);
  const from = live === undefined ? versionNames(manifest).find((name) => name !== to) : storageVersion(live);
  const [first, second] = from === to ? [versionNames(manifest).find((name) => name !== to), to] : [from, to];
  if (first === undefined) return [];
  try {
    await probeConversion(cluster, client, { group, kind: names.kind }, first, second);
    return [];
  } catch (error) {
    if (error instanceof UserError) return [error.message];
    throw error;
  }
}

async function established({ crd }: ServeInputs, work: PhaseWork): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const conditions = (await requireDefinition(work.cluster, crd)).status?.conditions ?? [];
    const refused = conditions.find(({ type, status }) => type === "NamesAccepted" && status === "False");
    if (refused !== undefined) {
      throw new UserError(`${crd}: the names are not accepted: ${refused.message}; expected names no other CRD uses`);
    }
    if (conditions.some(({ type, status }) => type === "Established" && status === "True")) return;
    if (Date.now() > deadline) {
      throw new UserError(
        `${crd}: not Established after 30 s; see \`kubectl describe crd ${crd}\` and run \`pulumi up\` again`,
      );
    }
    work.report("waiting for the API server to establish the CRD");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Every API server serves every version, shown by discovery and by one real read, through the conversion where there is one. */
async function servedByAll(inputs: ServeInputs, work: PhaseWork): Promise<string> {
  const { group, plural } = inputs;
  const live = await requireDefinition(work.cluster, inputs.crd);
  const isServed = live.spec.versions.filter((version) => version.served).map(({ name }) => name);
  const notServed = versionNames(live).filter((name) => !isServed.includes(name));
  const servers = await findApiServers(work.cluster, { ...work, gone: inputs.gone });
  try {
    await servedEverywhere(servers, { group, plural }, { served: isServed, notServed }, work);
    for (const version of isServed) await readThrough(inputs, work, version);
    return servers.description;
  } finally {
    servers.close();
  }
}

/** One real read, through the conversion where there is one. Which objects it rejects is for the rehearsal to list. */
async function readThrough(
  { group, plural }: ServeInputs,
  { cluster, warn }: PhaseWork,
  version: string,
): Promise<void> {
  try {
    await cluster.call({
      method: "GET",
      path: resourcePath({ group, version, plural }),
      query: { limit: 1 },
      accept: MetadataOnly.list,
    });
  } catch (error) {
    if (!hasStatus(error, 429, 500, 503)) throw error;
    warn(`objects cannot be read as ${version} yet: ${error.message}`);
  }
}
