import { type Definition, servedVersionNames, storageVersion } from "../../crd/definition";
import { readDefinition } from "../../crd/readDefinition";
import type { Caller } from "../../kubernetes/api";
import { UserError } from "../../kubernetes/errors";
import { boundedList, type Problem } from "../../kubernetes/problem";
import { mayBeCrdName } from "../../kubernetes/resourceNames";
import { whatIsConvertedUnseen } from "../../migration/definition/convertsUnseen";
import type { RotatedResource } from "./rotatedResources";

/** All that one look at a CRD lets through, and what is under way beside it. */
const SHOWN = 60;

/** A resource, as it is to be rewritten, and its CRD as that was judged. */
export interface Rewritable<T extends RotatedResource> {
  readonly resource: T;
  readonly live?: Definition;
}

/**
 * A custom resource is rewritten through its storage version, in which nothing of an object is converted or pruned on its way.
 * Discovery offers the preferred version, which may know less.
 *
 * @param exposed objects that were rewritten while the CRD moved: a refusal names them
 * @throws UserError: kube-apiserver does not serve the storage version, or objects are stored in another and nobody knows what they would lose
 */
export async function throughStorageVersion<T extends RotatedResource>(
  cluster: Caller,
  resource: T,
  exposed: readonly string[] = [],
): Promise<Rewritable<T>> {
  if (!mayBeCrdName(resource.name)) return { resource };
  const live = await readDefinition(cluster, resource.name);
  if (live === undefined) return { resource };
  const problem = whyNotRewritten(live, resource.aggregated);
  if (problem !== undefined) throw new UserError({ ...problem, items: describeExposed(exposed) });
  const crd = { name: resource.name, served: servedVersionNames(live) };
  return { resource: { ...resource, version: storageVersion(live), crd }, live };
}

/** As a sentence, or none: whether they lost something nobody can tell. */
export function describeExposed(exposed: readonly string[]): string[] {
  if (exposed.length === 0) return [];
  return [`look at what was rewritten just when the CRD was changed: ${boundedList(exposed, SHOWN)}`];
}

/** Undefined where every object can be rewritten as it is. Pure. */
export function whyNotRewritten(live: Definition, aggregated: readonly string[]): Problem | undefined {
  const { name } = live.metadata;
  const storage = storageVersion(live);
  if (!servedVersionNames(live).includes(storage)) {
    return {
      what: `${name}: the storage version ${storage} is not served`,
      expected: "it to be served",
      why: "through another version a rewrite would lose what that one does not know",
      next: nextOf(live, "serve it, in whatever manages the CRD, or take the resource out of `resources`"),
    };
  }
  if (aggregated.includes(storage)) {
    return {
      what: `${name}: an aggregated API server serves the storage version ${storage} (APIService ${storage}.${live.spec.group} names a Service), in the CRD's place`,
      expected: "kube-apiserver to serve it",
      why: "a rewrite through it would reach that server, and no object of the CRD",
      next: "delete that APIService, or take the resource out of `resources`",
    };
  }
  const converted = whatIsConvertedUnseen(live);
  if (converted === undefined) return undefined;
  return {
    what: `${name}: ${converted}`,
    expected: `status.storedVersions [${storage}], as after a migration`,
    why: "a rotation rewrites every object, and does not rehearse what is converted by that",
    next: nextOf(
      live,
      `finish its rollout; where no VersionedCRD manages it: npx pulumi-kubernetes-storage-migration migrate ${name}`,
    ),
  };
}

/** A CRD that is being deleted cannot be rolled out or migrated any more. */
function nextOf({ metadata: { deletionTimestamp } }: Definition, next: string): string {
  if (deletionTimestamp === undefined) return next;
  return "the CRD is being deleted: let that end (its objects wait for their finalizers), or name the other resources one by one in `resources`";
}
