import { storageVersion, type Definition } from "../../crd/definition";
import { PROOF_ANNOTATION } from "../../crd/names";
import { UserError } from "../../kubernetes/errors";
import { whyLostUnseen } from "../../migration/definition/convertsUnseen";
import { requireLiveDefinition } from "../../migration/definition/liveDefinition";
import { recordIfOutlived } from "../../migration/definition/outlivedObjects";
import { planDefinitionMigrate, planDefinitionVersionsToRehearse } from "../../migration/definition/plan";
import { readPlanFacts } from "../../migration/definition/planFacts";
import { migrateAndProve } from "../../migration/definition/migrateAndProve";
import { recordMigratedAndPrune } from "../../migration/definition/recordAndPrune";
import { describeProvenPasses } from "../../migration/rewrite/passes";
import { hasValidRehearsal } from "../../migration/definition/recordedOnDefinition";
import { rehearseStoredAgain } from "../../migration/definition/rehearseStored";
import { withAcknowledgedSize } from "../crdAcknowledgements";
import { currentOutputs } from "../currentOutputs";
import { expectedOutputs } from "../expectedOutputs";
import type { MigrateInputs, MigrateOutputs, RolloutPhase } from "../inputs";
import { noteObjects } from "./noteObjects";
import { planFacts } from "../planReads";

/** migrate: every object is rewritten on every API server, proven, recorded; then storedVersions is pruned. */
export const migrate: RolloutPhase<MigrateInputs, MigrateOutputs> = {
  recorded: [],

  async preview(inputs, cluster, live) {
    const facts = await planFacts(cluster, { inputs, live });
    const plan = planDefinitionMigrate(live, inputs.version, inputs.migrator, facts, inputs.versions);
    const runs = inputs.heldBy === undefined && plan.length > 0 && facts.listed !== undefined;
    const notes = runs && live !== undefined ? await noteObjects(inputs, cluster, live) : [];
    return { plan, notes, expected: expectedOutputs(live, inputs.version) };
  },

  async run(inputs, work) {
    const live = await recordIfOutlived(await requireLiveDefinition(work.cluster, inputs.crd), work);
    const facts = await readPlanFacts(inputs, work.cluster, live);
    if (planDefinitionMigrate(live, inputs.version, inputs.migrator, facts).length === 0) {
      return { ...currentOutputs(live), summary: `storedVersions is [${inputs.version}]`, ...proofOutput(live) };
    }
    if (storageVersion(live) !== inputs.version) {
      throw new UserError({
        what: `${inputs.crd}: storage is ${storageVersion(live)}`,
        expected: `${inputs.version} since store`,
        next: "run `pulumi up` without --target",
      });
    }
    const unseen = whyLostUnseen(live);
    if (unseen !== undefined) throw new UserError(unseen);
    if (planDefinitionVersionsToRehearse(live, inputs.version).length > 0 && !hasValidRehearsal(live, inputs.version)) {
      throw new UserError({
        what: `${inputs.crd}: no clean rehearsal of ${inputs.version} for the definition as it is now (generation ${live.metadata.generation})`,
        expected: "one before objects are rewritten",
        next: "run `pulumi up` without --target",
      });
    }
    const started = performance.now();
    const objects = withAcknowledgedSize(inputs);
    await rehearseStoredAgain(objects, live, work);
    const isInTree = inputs.migrator === "in-tree" && facts.storageMigrationApi !== undefined;
    const pass = await migrateAndProve(objects, isInTree, work);
    const after = await recordMigratedAndPrune(objects, work, pass);
    const summary = describeProvenPasses(pass, started);
    return { ...currentOutputs(after), ...proofOutput(after), objectsRewritten: pass.proven, summary };
  },
};

function proofOutput(live: Definition): { proof?: string } {
  const proof = live.metadata.annotations?.[PROOF_ANNOTATION];
  return proof === undefined ? {} : { proof };
}
