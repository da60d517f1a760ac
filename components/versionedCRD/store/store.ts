import { storageVersion, type Definition } from "../../crd/definition";
import { REHEARSAL_ANNOTATION } from "../../crd/names";
import { findApiServers } from "../../kubernetes/apiServers";
import { UserError } from "../../kubernetes/errors";
import { awaitStorageAgreement } from "../../migration/servers/storageAgreement";
import { awaitServedEverywhere } from "../../migration/servers/servedEverywhere";
import type { PhaseWork } from "../../provider/phaseLogic";
import { prunesNothing } from "../checks/prunesNothing";
import { currentOutputs } from "../currentOutputs";
import { expectedOutputs } from "../expectedOutputs";
import type { StoreInputs, RolloutPhase } from "../inputs";
import { annotateLiveDefinition, requireLiveDefinition } from "../../migration/definition/liveDefinition";
import { applyDefinition } from "../applyDefinition";
import { planStore } from "../plan";
import { planDefinitionVersionsToRehearse } from "../../migration/definition/plan";
import { readResourceVersionFact } from "../../migration/definition/planFacts";
import {
  hasValidRehearsal,
  recordedRehearsal,
  type RehearsalRecord,
} from "../../migration/definition/recordedOnDefinition";
import { guardOfRehearsedStored, rehearseStoredAgain } from "../../migration/definition/rehearseStored";
import { storedStage } from "../stages";
import { hasFieldsWeOwn } from "../fieldsWeOwn";

/** store: one edit flips storage, then every API server must store the new version. */
export const store: RolloutPhase<StoreInputs> = {
  recorded: ["version"],

  preview: (inputs, _cluster, live) =>
    Promise.resolve({ plan: planStore(live, inputs.version), expected: expectedOutputs(live, inputs.version) }),

  async run(inputs, work) {
    const { crd, group, plural, kind, version } = inputs;
    const live = await requireLiveDefinition(work.cluster, crd);
    if (planStore(live, version).length === 0) return { ...currentOutputs(live), summary: `storage is ${version}` };
    assertMayFlip(live, version);
    assertKeepsWhatIsWritten(live, version);
    await rehearseStoredAgain(inputs, live, work);
    const servers = await findApiServers(work.cluster, { ...work, decommissioned: inputs.decommissionedServers });
    try {
      await awaitServedEverywhere(servers, { group, plural }, { served: [version], notServed: [] }, work);
      await servers.alive(work);
      work.signal.throwIfAborted();
      const at = await readResourceVersionFact(inputs, work.cluster, live);
      const [from = "", ...beside] = planDefinitionVersionsToRehearse(live, version);
      const flip = await applyDefinition(work.cluster, storedStage(live, version), live);
      const flipped = await carryRehearsal(work, flip, {
        from,
        ...(beside.length > 0 && { beside }),
        ...(at !== undefined && { at }),
      });
      const guard = guardOfRehearsedStored(inputs, flipped, work); // a probe rewrites, and the webhook may be another one by now
      await awaitStorageAgreement(servers, { group, plural, kind, version, guard }, work);
      return {
        ...currentOutputs(flipped),
        summary: `storage ${storageVersion(live)} → ${version} on ${servers.description}`,
      };
    } finally {
      servers.close();
    }
  },

  outdated: (outputs, inputs) => outputs.version !== inputs.version,
};

/** The gate: from here on new objects are written in the new version, so it must be known that all of them can be. */
function assertMayFlip(live: Definition, version: string): void {
  const crd = live.metadata.name;
  const wanted = live.spec.versions.find(({ name }) => name === version);
  if (!hasFieldsWeOwn(live) || wanted === undefined || !wanted.served) {
    throw new UserError({
      what: `${crd}: ${version} is not served by our definition`,
      expected: "serve to have added it",
      next: "run `pulumi up` without --target",
    });
  }
  if (!hasValidRehearsal(live, version)) {
    throw new UserError({
      what: `${crd}: no clean rehearsal of ${version} for the definition as it is now (generation ${live.metadata.generation})`,
      expected: "one before storage flips",
      next: "run `pulumi up` again, and find out who else edits the CRD if it says so again",
    });
  }
}

/**
 * The rehearsal has not seen what clients will write through the other versions. Serve asks this of the manifest; with `--target`
 * or `--exclude` store runs without serve, and with a manifest that serve would refuse.
 */
function assertKeepsWhatIsWritten(live: Definition, version: string): void {
  const problems = prunesNothing(storedStage(live, version), live);
  if (problems.length > 0) throw new UserError(problems.join("\n"));
}

/** The flip moves the generation and nothing that was rehearsed: the record speaks for migrate as well. */
function carryRehearsal(
  { cluster }: PhaseWork,
  after: Definition,
  flipped: RehearsalRecord["flipped"],
): Promise<Definition> {
  const record = { ...recordedRehearsal(after), generation: after.metadata.generation, flipped };
  return annotateLiveDefinition(cluster, after, { [REHEARSAL_ANNOTATION]: JSON.stringify(record) });
}
