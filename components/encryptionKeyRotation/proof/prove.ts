import type { Cluster } from "../../kubernetes/cluster";
import { clusterIdentity } from "../../kubernetes/identity";
import type { Work } from "../../kubernetes/report";
import { type PassResult, passUntilProven, withCleanPasses } from "../../migration/rewrite/passes";
import { ResourceRewrite, type Rewritten } from "./rewriteResource";
import { SettledServers, type Expectation } from "./settledServers";

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
    for (const rewrite of rewrites.slice(0, batch)) {
      done.push(await control.row.step("own", work, (step) => rewrite.pass(agreed, waited, step)));
      if (performance.now() - began > BATCH_MS) batch = Math.min(batch, done.length);
      if (done.length >= batch) break;
    }
    batch = done.length;
    return {
      unchanged: await control.unchanged(agreed),
      definition: agreed.identity,
      distinct: agreed.distinct,
      result: done,
    };
  };
  const words = { other: "encryption configuration", unharmed: "every old key stays readable" };
  const { result, clean } = await passUntilProven(pass, work.report, words);
  return result.map((each) => withCleanPasses(each, clean));
}
