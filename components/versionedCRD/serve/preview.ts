import { storageVersion, type Definition } from "../../crd/definition";
import { checkedManifest } from "../../crd/manifest";
import type { Cluster } from "../../kubernetes/cluster";
import type { Preview } from "../../provider/phaseLogic";
import { withUnknownInWords, unknownPaths } from "../../provider/unknownValues";
import {
  checkAdoption,
  managersTakenOverAtAdoption,
  type Adoption,
  type PriorState,
  stateBeforeAdoption,
} from "../adoption";
import { notDeletedByOthers } from "../checks/notDeletedByOthers";
import { checkServe } from "../checks/checkServe";
import { objectsReadable } from "../checks/objectsReadable";
import { warnOfWrittenByPulumi } from "../customResources/writtenByPulumi";
import { checkDependentsAtServe } from "../dependents";
import { expectedBeforeStore } from "../expectedOutputs";
import type { ServeInputs } from "../inputs";
import { planServe } from "../plan";
import { planFacts } from "../planReads";
import { dryRunStages } from "./dryRun";
import { noteSample } from "./noteSample";
import { noteWayBack } from "./noteWayBack";
import { probeWebhook } from "./probeWebhook";
import { plansForRolloutDigest, rolloutDigest } from "./rolloutDigest";

/** What preview is told of the whole rollout: plan, whatever speaks against it, and the digest of what every phase plans. */
export async function previewServe(
  given: ServeInputs,
  cluster: Cluster,
  live: Definition | undefined,
  olds: object | undefined,
): Promise<Preview> {
  const inputs = { ...given, manifest: withAssumedConversion(given.manifest) };
  const { manifest } = inputs;
  checkedManifest(manifest, inputs.crd);
  const { plan, managers } = planServeAndTakeOver(inputs, live);
  const found = checkServeAndAdoption(inputs, live, stateBeforeAdoption(olds));
  const isKnown = manifest === given.manifest;
  const others = await checkDependentsAtServe(inputs, cluster, live);
  const probed = isKnown && plan.length > 0 ? await probeWebhook(inputs, cluster, live) : [];
  const facts = await planFacts(cluster, { inputs, live });
  const plans = [plan, ...plansForRolloutDigest(inputs, live, facts)];
  const unread = objectsReadable(manifest, live, facts.unreadable, plans.flat().length > 0);
  const isListed = facts.unreadable === undefined;
  const moves = live !== undefined && isListed && storageVersion(live) !== inputs.storage;
  const programs = moves ? await warnOfWrittenByPulumi(cluster, live, inputs.storage) : undefined;
  const problems = [...found.problems, ...others.problems, ...probed, ...unread.problems];
  const asks = isKnown && plan.length > 0 && problems.length === 0; // it would say the same once more
  const asked = asks ? await dryRunStages(inputs, cluster, live, managers.length > 0) : { problems: [], notes: [] };
  return {
    plan,
    problems: [...problems, ...asked.problems],
    notes: [
      ...(plan.length > 0 ? found.notes : []),
      ...asked.notes,
      ...(problems.length === 0 ? noteWayBack(manifest, live) : []),
      ...(moves && problems.length === 0 ? await noteSample(inputs, cluster, live) : []),
    ],
    warnings: [
      ...found.warnings,
      ...others.warnings,
      ...unread.warnings,
      ...(programs === undefined ? [] : [programs]),
    ],
    expected: expectedBeforeStore(live, inputs.storage),
    inputs: { digest: rolloutDigest(plans, live), ...(live !== undefined && { __found: true }) },
  };
}

/** What serve sets out to do, and the field managers that lose what they own of the definition. */
export function planServeAndTakeOver(
  inputs: ServeInputs,
  live: Definition | undefined,
): { plan: string[]; managers: string[] } {
  const managers = managersTakenOverAtAdoption(live, inputs.manifest, adoptionOf(inputs)).map(({ manager }) => manager);
  return { plan: planServe(live, inputs.manifest, inputs.owner, managers), managers };
}

/** What the manifest and the live definition have against each other. */
export function checkServeAndAdoption(inputs: ServeInputs, live: Definition | undefined, before: PriorState) {
  const found = checkServe(inputs, live);
  const entering = checkAdoption(live, inputs.manifest, adoptionOf(inputs), before);
  return {
    ...found,
    problems: [...found.problems, ...entering],
    warnings: [...found.warnings, ...notDeletedByOthers(live)],
  };
}

function adoptionOf({ owner, takeOverFrom = [], __adopts: adopts = false }: ServeInputs): Adoption {
  return { owner, takeOverFrom, adopts };
}

/** A conversion of which preview knows only a part: a webhook, since nobody waits for another resource to say None. */
function withAssumedConversion(manifest: Definition): Definition {
  if (unknownPaths(manifest).length === 0) return manifest;
  const { conversion } = manifest.spec;
  const whole =
    typeof conversion === "string"
      ? { strategy: "Webhook", webhook: { clientConfig: { url: conversion } } }
      : conversion;
  return withUnknownInWords({ ...manifest, spec: { ...manifest.spec, ...(whole && { conversion: whole }) } });
}
