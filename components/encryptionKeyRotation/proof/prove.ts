import type { Cluster } from "../../kubernetes/cluster";
import { clusterIdentity } from "../../kubernetes/identity";
import type { Work } from "../../kubernetes/report";
import { type PassResult, passUntilProven, withCleanPasses } from "../../migration/rewrite/passes";
import { ResourceRewrite, type Rewritten } from "./rewriteResource";
import { SettledServers, type Expectation } from "./settledServers";
import { DefinitionMovedUnderway } from "./unmovedDefinition";

export interface Rewriting extends Expectation {
  readonly migrator: "in-tree" | "direct";
}

/**
 * Rewrites every object of these resources under the first key of the file, and proves it: agreement by hash, the wait for requests in
 * flight, a StorageVersionMigration where asked and served, a clean pass of our own, agreement again with the same processes.
 *
 * @param proven called with each resource's proof as soon as there is one, to record it
 * @throws UserError naming the objects that could not be rewritten
 */
export async function proveResources(
  cluster: Cluster,
  rewriting: Rewriting,
  proven: (done: Rewritten) => Promise<void>,
  work: Work,
): Promise<Rewritten[]> {
  const control = new SettledServers(cluster, rewriting, work);
  const uid = (await clusterIdentity(cluster)) ?? "";
  const all: Rewritten[] = [];
  while (all.length < rewriting.resources.length) {
    const rewrites = rewriting.resources
      .slice(all.length)
      .map((resource) => new ResourceRewrite(cluster, rewriting.sha256, resource, uid, rewriting.migrator));
    for (const done of await provenBatch(control, rewrites, work)) {
      work.signal.throwIfAborted();
      await proven(done);
      all.push(done);
    }
  }
  return all;
}

/** So long a batch of small resources lasts: agreement after each alone would take longer than most of their passes. */
const BATCH_MS = 60_000;

/** Of the first of these, as many as are rewritten in a minute: those are proven together. */
async function provenBatch(
  control: SettledServers,
  rewrites: readonly ResourceRewrite[],
  work: Work,
): Promise<Rewritten[]> {
  let batch = rewrites.length;
  const pass = async (): Promise<PassResult<Rewritten[]>> => {
    const began = performance.now();
    const { agreed, waited } = await control.settle();
    const done: Rewritten[] = [];
    const ofPass = { definition: agreed.identity, distinct: agreed.distinct, result: done };
    for (const rewrite of rewrites.slice(0, batch)) {
      const passed = await control.row
        .step("own", work, (step) => rewrite.pass(agreed, waited, step))
        .catch(undefinedWhereMoved);
      if (passed === undefined) return { ...ofPass, unchanged: false };
      done.push(passed);
      if (performance.now() - began > BATCH_MS) batch = Math.min(batch, done.length);
      if (done.length >= batch) break;
    }
    batch = done.length;
    return { ...ofPass, unchanged: await control.unchanged(agreed) };
  };
  const words = { other: "encryption configuration or a CRD", unharmed: "every old key stays readable" };
  const { result, clean } = await passUntilProven(pass, work.report, words);
  return result.map((each) => withCleanPasses(each, clean));
}

/** The next pass looks at the CRD first, and refuses what would be lost. */
function undefinedWhereMoved(error: unknown): undefined {
  if (error instanceof DefinitionMovedUnderway) return undefined;
  throw error;
}
