import { servedVersionNames, storageVersion, type Definition } from "../../crd/definition";
import { OWNER_ANNOTATION } from "../../crd/names";
import type { Cluster } from "../../kubernetes/cluster";
import type { Problem } from "../../kubernetes/problem";
import { whyLostUnseen } from "../definition/convertsUnseen";
import { withOutlivedSeen } from "../definition/outlivedObjects";
import { planDefinitionMigrate, type PlanFacts } from "../definition/plan";
import { readPlanFacts } from "../definition/planFacts";
import type { MigrationOptions, ResourcePlan } from "../resourceMigration";
import { readResourceSample, type ResourceSample } from "../resourceSample";
import { planMovingStale } from "./planMovingStale";

/** What there is to do for one CRD that somebody else manages. */
export interface ForeignPlan extends ResourcePlan {
  /** Where its objects are older than it, as if that were recorded. */
  readonly live: Definition;
  /** The storage version. */
  readonly version: string;
}

/** Reads what a plan needs: three short GETs. Writes nothing. */
export async function planForeign(cluster: Cluster, live: Definition, options: MigrationOptions): Promise<ForeignPlan> {
  const { group, names } = live.spec;
  const resource = { group, plural: names.plural };
  const [facts, sample] = await Promise.all([
    readPlanFacts({ ...resource, migrator: options.migrator }, cluster, live),
    readResourceSample(cluster, { ...resource, version: storageVersion(live) }),
  ]);
  return decideForeignPlan(live, facts, sample, options.migrator);
}

/** The same from facts; pure. */
export function decideForeignPlan(
  found: Definition,
  facts: PlanFacts & { unreadable?: string },
  sample: ResourceSample,
  migrator: MigrationOptions["migrator"],
): ForeignPlan {
  const live = withOutlivedSeen(found, { objects: sample.objects, unreadable: facts.unreadable });
  const version = storageVersion(live);
  const rewriting = planDefinitionMigrate(live, version, migrator, facts);
  const served = servedVersionNames(live);
  const { stale, moving } = planMovingStale(sample.objects, { group: live.spec.group, version, served });
  const plan = [...rewriting, ...moving];
  const refusal = plan.length === 0 ? undefined : whyRefused(live, facts.unreadable);
  const rewrites = rewriting.length > 0;
  return { live, name: live.metadata.name, version, plan, rewrites, sample, stale, ...(refusal && { refusal }) };
}

function whyRefused(live: Definition, unreadable: string | undefined): Problem | undefined {
  return (
    whyOwned(live) ??
    whyBeingDeleted(live) ??
    whyNotServed(live) ??
    whyLostUnseen(live) ??
    whyUnreadable(live, unreadable)
  );
}

/** Its component has phases of its own, of which the rewrite is only one. */
function whyOwned({ metadata: { name, annotations = {} } }: Definition): Problem | undefined {
  const owner = annotations[OWNER_ANNOTATION];
  if (owner === undefined) return undefined;
  return {
    what: `${name}: belongs to the VersionedCRD ${owner} (annotation ${OWNER_ANNOTATION})`,
    expected: "a CRD that no VersionedCRD owns",
    next: `run \`pulumi up\` in that stack, which migrates it; if that stack is gone, \`kubectl annotate crd ${name} ${OWNER_ANNOTATION}-\``,
  };
}

function whyBeingDeleted({ metadata: { name, deletionTimestamp } }: Definition): Problem | undefined {
  if (deletionTimestamp === undefined) return undefined;
  return {
    what: `${name}: is being deleted since ${deletionTimestamp}, and every object with it`,
    expected: "a CRD that stays",
    why: "Kubernetes cannot undo a delete",
    next: `let it end (finalizers of its objects hold it up: \`kubectl get ${name} -A -o yaml\`)`,
  };
}

function whyNotServed(live: Definition): Problem | undefined {
  const version = storageVersion(live);
  if (servedVersionNames(live).includes(version)) return undefined;
  return {
    what: `${live.metadata.name}: the storage version ${version} is not served`,
    expected: "it to be served",
    why: "objects are rewritten through it",
    next: "serve it, in whatever manages the CRD",
  };
}

function whyUnreadable({ metadata: { name } }: Definition, unreadable: string | undefined): Problem | undefined {
  if (unreadable === undefined) return undefined;
  return {
    what: `${name}: the API server cannot list the objects that are there: ${unreadable}`,
    expected: "every one to be readable before anything is rewritten",
    next: "put back the version or the conversion webhook that it needs, or fix or delete the object it names (in etcd, where the API cannot)",
  };
}
