import { UserError } from "../../kubernetes/errors";
import type { PhaseLogic } from "../../provider/phaseLogic";
import { labelKeyName } from "../configuration/keyNames";
import { repairTargets } from "../edit/repairTargets";
import type { MigrateKeysInputs, MigrateKeysOutputs } from "../inputs";
import { planRotationMigrate } from "../plan";
import { proveResources } from "../proof/prove";
import type { Rewritten } from "../proof/rewriteResource";
import { recordProofInConfigMap } from "../proof/recordConfigMap";
import { reportsBeforeRecordedWrite, type RotationProof } from "../proof/record";
import { migrateFactsOf, previewRotationFacts, readRotationFacts } from "../rotationFacts";
import { configurationAtStage } from "../stages";
import { isRenderedAlike } from "../configuration/renderConfiguration";
import { withOpenTargets } from "../targets";
import type { LiveConfiguration } from "../liveConfiguration";
import { currentRotationOutputs } from "../currentOutputs";

/** migrate: every object of every resource is rewritten under the write key, proven, recorded. */
export const migrateKeys: PhaseLogic<MigrateKeysInputs, MigrateKeysOutputs, LiveConfiguration> = {
  async preview(inputs, cluster, live) {
    const facts = await migrateFactsOf(cluster, inputs.migrator, await previewRotationFacts(inputs, cluster, live));
    return { plan: planRotationMigrate(live.configuration, inputs.desired, facts) };
  },

  async run(inputs, work) {
    const { desired, recordIn, decommissionedServers, requestTimeoutSeconds, migrator } = inputs;
    const live = await withOpenTargets(inputs.targets, (targets) => repairTargets(inputs, work, targets));
    assertPromoted(inputs, live);
    const { resources, proofs, record } = await readRotationFacts(inputs, work.cluster, live);
    const pending = resources.filter(({ name }) => proofs[name] === undefined);
    const all = { ...proofs };
    if (pending.length === 0) {
      return {
        ...currentRotationOutputs(live, desired),
        ...provenOf(all),
        summary: "every resource is proven already",
      };
    }
    const began = performance.now();
    const done = await proveResources(
      work.cluster,
      {
        sha256: live.sha256,
        since: reportsBeforeRecordedWrite(record, live.sha256),
        resources: pending.map((resource) => ({ ...resource, writeKey: labelKeyName(desired.write) })),
        migrator,
        requestTimeoutSeconds,
        decommissioned: decommissionedServers,
      },
      async ({ proof }) => {
        work.signal.throwIfAborted();
        await recordProofInConfigMap(work.cluster, recordIn, proof);
        all[proof.resource] = proof;
      },
      work,
    );
    const seconds = Math.ceil((performance.now() - began) / 1_000);
    return { ...currentRotationOutputs(live, desired), ...provenOf(all), summary: summaryOf(done, seconds) };
  },
};

/** The gate: objects are rewritten under whatever key is first. */
function assertPromoted({ desired }: MigrateKeysInputs, { configuration }: LiveConfiguration): void {
  if (isRenderedAlike(configurationAtStage("promote", configuration, desired), configuration)) return;
  throw new UserError({
    what: `${labelKeyName(desired.write)} is not first for ${desired.resources.join(", ")} in the targets' file`,
    expected: "it first since promote, before objects are rewritten",
    next: "run `pulumi up` without --target",
  });
}

function provenOf(proofs: Record<string, RotationProof>): Pick<MigrateKeysOutputs, "objectsRewritten" | "proofs"> {
  const sorted = Object.entries(proofs).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    objectsRewritten: sorted.reduce((sum, [, { objects }]) => sum + objects, 0),
    proofs: Object.fromEntries(sorted.map(([name, proof]) => [name, JSON.stringify(proof)])),
  };
}

function summaryOf(done: readonly Rewritten[], seconds: number): string {
  const each = done.map(({ proof, rewritten }) => `${proof.resource} ${proof.objects} (${rewritten} by our own pass)`);
  return `proven in ${seconds} s: ${each.join(", ")}; ${done[0]?.how}`;
}
