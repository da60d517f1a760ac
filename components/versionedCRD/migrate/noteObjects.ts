import { storageVersion, type Definition } from "../../crd/definition";
import { type Resource } from "../../kubernetes/api";
import { qualifiedResourceName } from "../../kubernetes/resourceNames";
import type { Cluster } from "../../kubernetes/cluster";
import { ApiError, hasErrorStatus, messageOfError } from "../../kubernetes/errors";
import { withoutRetries } from "../../kubernetes/retry";
import { recordedProof } from "../../migration/definition/recordedOnDefinition";
import { progressDuration } from "../../migration/rewrite/progress";
import { notLookedAt } from "../../plan/notLookedAt";
import type { MigrateInputs } from "../inputs";
import { describeCount, formatCount } from "../../kubernetes/count";
import { countObjects } from "../../kubernetes/countObjects";

/**
 * How many objects "every object" are, for a row: the number moves by itself and is no part of the plan. One request, however
 * many there are: the page of one says how many follow it.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/list-meta/
 */
export async function noteObjects(
  { crd, group, plural, version }: MigrateInputs,
  cluster: Cluster,
  live: Definition,
): Promise<string[]> {
  const objects = await countOrExplain(cluster, { group, plural, version: storageVersion(live) });
  if (typeof objects === "string") return [notLookedAt(`how many objects of ${crd} there are: ${objects}`)];
  const stored = [...new Set([...(live.status?.storedVersions ?? []), storageVersion(live)])];
  const from = stored.filter((each) => each !== version);
  const where = `stored as ${(from.length > 0 ? from : stored).join(" or ")}`;
  return objects === 0
    ? [`no object of ${crd} is there to be rewritten`]
    : [`about ${describeCount(objects, "object")} of ${crd} to rewrite, ${where}${estimate(objects, live)}`];
}

/** Fewer say little about the rate. */
const TELLING = 100;

/** From what the proof of the last migration tells; the waits come on top. */
function estimate(objects: number, live: Definition): string {
  const { objects: proven = 0, seconds = 0 } = recordedProof(live) ?? {};
  if (proven < TELLING || seconds <= 0) return "";
  const rate = proven / seconds;
  return `; about ${progressDuration(objects / rate)} at the last migration's ${formatCount(Math.ceil(rate))}/s, and the waits`;
}

async function countOrExplain(cluster: Cluster, resource: Resource): Promise<number | string> {
  try {
    return (await withoutRetries(() => countObjects(cluster, resource))).objects;
  } catch (error) {
    if (hasErrorStatus(error, 403)) return `not allowed to list ${qualifiedResourceName(resource)} (403)`;
    if (error instanceof ApiError) return messageOfError(error); // worth a line on the row, not a refusal
    throw error;
  }
}
