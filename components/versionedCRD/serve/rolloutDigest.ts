import { canonicalDigest } from "../../crd/canonical";
import { servedByName, versionNamesOfDefinition, type Definition } from "../../crd/definition";
import { planDefinitionMigrate, type PlanFacts } from "../../migration/definition/plan";
import { findInjectedCaBundle } from "../injectedCaBundle";
import type { ServeInputs } from "../inputs";
import { planDrop, planRehearse, planStore } from "../plan";
import { digestRehearsedSchema } from "../rehearsalRecord";

/** What the phases after serve plan. */
export function plansForRolloutDigest(inputs: ServeInputs, live: Definition | undefined, facts: PlanFacts): string[][] {
  const { manifest, storage, migrator } = inputs;
  const versions = servedByName(manifest);
  return [
    planRehearse(live, { version: storage, schema: digestRehearsedSchema(manifest), versions, stopsHere: false }),
    planStore(live, storage),
    planDefinitionMigrate(live, storage, migrator, facts, versions),
    planDrop(live, versionNamesOfDefinition(manifest)),
  ];
}

/**
 * An input of serve, so that `up --plan` refuses a CRD that moved since, before the first write: what every phase plans, and
 * the definition it was planned from. Sentences alone would not do: "change schema" says not which. With nothing to do the
 * definition may move, and labels, annotations and objects always may.
 */
export function rolloutDigest(plans: readonly string[][], live: Definition | undefined): string {
  if (live === undefined || plans.flat().length === 0) return canonicalDigest(plans);
  const { metadata, spec, status } = live;
  return canonicalDigest([plans, metadata.uid, withoutInjected(spec, live), status?.storedVersions]);
}

/** An injector renews its caBundle when it likes. */
function withoutInjected(spec: Definition["spec"], live: Definition): object {
  const { webhook } = spec.conversion ?? {};
  if (webhook?.clientConfig === undefined || findInjectedCaBundle(live) === undefined) return spec;
  const { caBundle: _injected, ...clientConfig } = webhook.clientConfig;
  return { ...spec, conversion: { ...spec.conversion, webhook: { ...webhook, clientConfig } } };
}
