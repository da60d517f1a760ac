import { type Definition, servedVersionNames, storageVersion } from "../../crd/definition";
import { readDefinition } from "../../crd/readDefinition";
import type { Caller } from "../../kubernetes/api";
import { UserError } from "../../kubernetes/errors";
import type { Problem } from "../../kubernetes/problem";
import { mayBeCrdName } from "../../kubernetes/resourceNames";
import { whatIsConvertedUnseen } from "../../migration/definition/convertsUnseen";
import type { RotatedResource } from "./rotatedResources";

/**
 * A custom resource is rewritten through its storage version, in which nothing of an object is converted or pruned on its way.
 * Discovery offers the preferred version, which may know less.
 *
 * @throws UserError: kube-apiserver does not serve the storage version, or objects are stored in another and nobody knows what they would lose
 */
export async function throughStorageVersion(cluster: Caller, resource: RotatedResource): Promise<RotatedResource> {
  if (!mayBeCrdName(resource.name)) return resource;
  const live = await readDefinition(cluster, resource.name);
  if (live === undefined) return resource;
  const problem = whyNotRewritten(live, resource.aggregated);
  if (problem !== undefined) throw new UserError(problem);
  const crd = { name: resource.name, served: servedVersionNames(live) };
  return { ...resource, version: storageVersion(live), crd };
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
      next: "serve it, in whatever manages the CRD, or take the resource out of `resources`",
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
    next: `finish its rollout; where no VersionedCRD manages it: npx pulumi-kubernetes-storage-migration migrate ${name}`,
  };
}
