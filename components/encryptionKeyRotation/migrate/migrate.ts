import { UserError } from "../../kubernetes/errors";
import type { PhaseLogic } from "../../provider/logic";
import { label } from "../configuration/keyNames";
import { mended } from "../edit/mended";
import { migrateFacts, rotationFacts } from "../facts";
import type { MigrateKeysInputs, MigrateKeysOutputs } from "../inputs";
import { planMigrate } from "../plan";
import { rewriteAndProve, type Rewritten } from "../proof/prove";
import { recordProof, sinceOf, type RotationProof } from "../proof/record";
import { configurationAt, sameConfiguration } from "../stages";
import { standingOf, type LiveConfiguration } from "../subject";
import { withTargets } from "../targets";

/** migrate: every object of every resource is rewritten under the write key, proven, recorded. */
export const migrateKeys: PhaseLogic<MigrateKeysInputs, MigrateKeysOutputs, LiveConfiguration> = {
  async look(inputs, cluster, live) {
    const facts = await migrateFacts(cluster, inputs.migrator, await rotationFacts(inputs, cluster, live));
    return { plan: planMigrate(live.configuration, inputs.wanted, facts) };
  },

  async run(inputs, work) {
    const { wanted, recordIn, gone, requestTimeoutSeconds, migrator } = inputs;
    const live = await withTargets(inputs.targets, (targets) => mended(inputs, work, targets));
    mustBePromoted(inputs, live);
    const { resources, proofs, record } = await rotationFacts(inputs, work.cluster, live);
    const pending = resources.filter(({ name }) => proofs[name] === undefined);
    const all = { ...proofs };
    if (pending.length === 0) {
      return { ...standingOf(live, wanted), ...provenOf(all), summary: "every resource is proven already" };
    }
    const began = Date.now();
    const done = await rewriteAndProve(
      work.cluster,
      {
        sha256: live.sha256,
        since: sinceOf(record, live.sha256),
        resources: pending.map((resource) => ({ ...resource, writeKey: label(wanted.write) })),
        migrator,
        requestTimeoutSeconds,
        gone,
      },
      async ({ proof }) => {
        work.signal.throwIfAborted();
        await recordProof(work.cluster, recordIn, proof);
        all[proof.resource] = proof;
      },
      work,
    );
    const seconds = Math.ceil((Date.now() - began) / 1_000);
    return { ...standingOf(live, wanted), ...provenOf(all), summary: summaryOf(done, seconds) };
  },
};

/** The gate: objects are rewritten under whatever key is first. */
function mustBePromoted({ wanted }: MigrateKeysInputs, { configuration }: LiveConfiguration): void {
  if (sameConfiguration(configurationAt("promote", configuration, wanted), configuration)) return;
  throw new UserError(
    `${label(wanted.write)} is not first for ${wanted.resources.join(", ")} in the targets' file; expected it there since promote, before objects are rewritten; run \`pulumi up\` without --target`,
  );
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
