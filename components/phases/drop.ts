import { storageVersion, type Definition } from "../crd/definition";
import { applyDefinition, requireDefinition } from "../crd/live";
import { planDrop } from "../crd/plan";
import { isOurs, removed, unchanged, unserved, withdrawn } from "../crd/stages";
import { findApiServers, type ApiServers } from "../kubernetes/apiServers";
import { UserError } from "../kubernetes/errors";
import { readableEverywhere, servedEverywhere, waitForRequestsInFlight } from "../migration/agreement";
import { definitionSeen } from "../migration/definitionSeen";
import { describeFailures } from "../migration/failures";
import { moveManagedFields } from "../migration/managedFields";
import { whyProven } from "../migration/proof";
import { listedNow } from "./facts";
import type { DropInputs } from "./facets";
import type { PhaseLogic, PhaseWork } from "./logic";
import { carryProof } from "./serve";
import { standing } from "./standing";

/** drop: unserve, wait for requests in flight, move managedFields, remove, list everything; put back at once if that fails. */
export const drop: PhaseLogic<DropInputs> = {
  look: (inputs, _cluster, live) => Promise.resolve({ plan: planDrop(live, inputs.versions) }),

  async run(inputs, work) {
    const live = await requireDefinition(work.cluster, inputs.crd);
    const names = withdrawn(live, inputs.versions).map(({ name }) => name);
    if (names.length === 0) return { ...standing(live), summary: "nothing to drop" };
    await mayDrop(inputs, work, live);
    const servers = await findApiServers(work.cluster, { gone: inputs.gone, signal: work.signal });
    try {
      await servers.alive(work);
      const hidden = await unserve(inputs, work, live, names, servers);
      await clearManagedFields(inputs, work, hidden, names);
      const after = await remove(inputs, work, names, servers);
      return {
        ...standing(after),
        summary: `${names.join(", ")} dropped; every object reads as ${storageVersion(after)} through ${servers.description}`,
      };
    } finally {
      servers.close();
    }
  },
};

/** The gate: a version that goes while one object is still stored in it takes every LIST of the resource with it. */
async function mayDrop(inputs: DropInputs, work: PhaseWork, live: Definition): Promise<void> {
  const storage = storageVersion(live);
  const storedVersions = live.status?.storedVersions ?? [];
  if (!isOurs(live) || !inputs.versions.includes(storage)) {
    throw new UserError(
      `${inputs.crd}: live storage version is ${storage}; expected one of ${inputs.versions.join(", ")} before anything is dropped; run \`pulumi up\` without --target`,
    );
  }
  if (storedVersions.join() !== storage) {
    throw new UserError(
      `${inputs.crd}: storedVersions is [${storedVersions.join(", ")}]; expected [${storage}] before anything is dropped; run \`pulumi up\` so that migrate rewrites the objects`,
    );
  }
  const listed = await listedNow(inputs, work.cluster, live);
  if (listed !== undefined && whyProven(live, listed) !== undefined) return;
  throw new UserError(
    `${inputs.crd}: no valid proof that every object is stored as ${storage} (generation ${live.metadata.generation}); expected one before anything is dropped; run \`pulumi up\` so that migrate proves it`,
  );
}

async function unserve(
  inputs: DropInputs,
  work: PhaseWork,
  live: Definition,
  names: string[],
  servers: ApiServers,
): Promise<Definition> {
  const { group, plural } = inputs;
  let hidden = live;
  if (withdrawn(live, inputs.versions).some((version) => version.served)) {
    work.report(`unserving ${names.join(", ")}`);
    hidden = await carryProof(work.cluster, live, await applyDefinition(work.cluster, unserved(live, names), live));
  }
  await servedEverywhere(servers, { group, plural }, { served: [storageVersion(hidden)], notServed: names }, work);
  await waitForRequestsInFlight(inputs.requestTimeoutSeconds, work);
  return hidden;
}

/** Server-side apply fails on an object with an entry of a removed version: https://github.com/kubernetes/kubernetes/issues/111937 */
async function clearManagedFields(
  inputs: DropInputs,
  work: PhaseWork,
  live: Definition,
  names: string[],
): Promise<void> {
  const { group, plural } = inputs;
  const result = await moveManagedFields(work.cluster, { group, plural, version: storageVersion(live) }, names, work);
  if (result.failedCount === 0) return;
  const head = `${inputs.crd}: managedFields of ${result.failedCount} objects still name ${names.join(", ")}; expected none; the versions are unserved but still there`;
  throw new UserError(
    describeFailures(head, result.failed, result.failedCount, "mend these objects and run `pulumi up` again"),
  );
}

async function remove(inputs: DropInputs, work: PhaseWork, names: string[], servers: ApiServers): Promise<Definition> {
  const before = await requireDefinition(work.cluster, inputs.crd);
  await mayDrop(inputs, work, before);
  work.report(`removing ${names.join(", ")}`);
  const after = await applyDefinition(work.cluster, removed(before, names, inputs.conversion ?? undefined), before);
  try {
    await carryProof(work.cluster, before, after);
    const resource = { group: inputs.group, plural: inputs.plural, version: storageVersion(after) };
    await definitionSeen(servers, after, work);
    await readableEverywhere(servers, resource, work);
  } catch (error) {
    await putBack(inputs, work, before);
    const found = error instanceof Error ? error.message : String(error);
    throw new UserError(
      `${inputs.crd}: not everything could be read without ${names.join(", ")}: ${found}; expected a complete LIST through every API server; ${names.join(", ")} is back (unserved) and nothing is lost; find the object named above, then run \`pulumi up\` again`,
    );
  }
  return requireDefinition(work.cluster, inputs.crd);
}

/** Tried: adding the version back restores LIST within a fraction of a second, every object whole. */
async function putBack(inputs: DropInputs, work: PhaseWork, before: Definition): Promise<void> {
  const now = await requireDefinition(work.cluster, inputs.crd);
  await applyDefinition(work.cluster, unchanged(before), now);
}
