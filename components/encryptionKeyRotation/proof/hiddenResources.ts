import { DEFINITIONS_PATH } from "../../crd/definition";
import { type Caller, type KubernetesList, MetadataOnly } from "../../kubernetes/api";
import { qualifiedResourceName } from "../../kubernetes/resourceNames";
import { UserError } from "../../kubernetes/errors";
import type { ListableResource } from "../../kubernetes/everyResource";
import { boundedList, type Problem } from "../../kubernetes/problem";
import { sleep } from "../../kubernetes/sleep";
import {
  isWildcardResourcePattern,
  resourcePatternCoversCrds,
  resourcePatternMatches,
} from "../configuration/resourcePatterns";
import { describeUnevenlyServed, findUnevenlyServed, type ServedResources } from "./everyServer";
import { type OwnResources, ownResources } from "./ownResources";
import { selectRotatedResources } from "./rotatedResources";

/** A CRD that was just made takes a moment until discovery shows it. */
const TRIES = 3;
const TRY_AGAIN_MS = 2_000;
const SHOWN = 10;

/** What is asked of the cluster. */
export interface Asked {
  readonly cluster: Caller;
  /** Every API server what it serves. */
  readonly servers: () => Promise<ServedResources>;
  readonly signal: AbortSignal;
}

/**
 * What kube-apiserver serves; under a wildcard what every API server serves alike, once no CRD that it covers is hidden. A CRD without a
 * served version is in no discovery, and its objects are in etcd all the same: nobody could rewrite them, and with the old key they
 * would be gone once it is served again. A resource that one server alone serves would be missed where another one answers.
 *
 * @param isReached whether the rotation would change the keys of this resource (`databases.example.com`)
 * @throws UserError naming what a wildcard covers and nobody can list, or only some API servers serve
 */
export async function ownResourcesNoneHidden(
  patterns: readonly string[],
  { cluster, servers, signal }: Asked,
  isReached: (name: string) => boolean,
): Promise<OwnResources> {
  const wildcards = patterns.filter(isWildcardResourcePattern);
  if (wildcards.length === 0) return ownResources(cluster, signal);
  const overCrds = wildcards.filter(resourcePatternCoversCrds);
  for (let tried = 1; ; tried++) {
    // In this order: whatever is made in between is shown by discovery alone.
    const crds = overCrds.length === 0 ? [] : await listCrdNames(cluster, signal);
    const own = await servers();
    const hidden = findHiddenResources(overCrds, crds, own.listable).filter(isReached);
    const rotated = selectRotatedResources(patterns, own).filter(({ name }) => isReached(name));
    const uneven = findUnevenlyServed(rotated, own);
    if (hidden.length === 0 && uneven.length === 0) return own;
    if (tried === TRIES && hidden.length > 0) throw new UserError(describeHiddenResources(overCrds, hidden));
    if (tried === TRIES) throw new UserError(describeUnevenlyServed(wildcards, uneven));
    await sleep(TRY_AGAIN_MS, signal);
  }
}

/**
 * Those of these CRDs that a wildcard covers and discovery does not show. Pure.
 *
 * @param listable of kube-apiserver's own: an aggregated API may serve a resource of the same name
 */
export function findHiddenResources(
  wildcards: readonly string[],
  crds: readonly string[],
  listable: readonly ListableResource[],
): string[] {
  const shown = new Set(listable.map(qualifiedResourceName));
  return crds.filter((name) => {
    const [plural = "", ...group] = name.split(".");
    return (
      !shown.has(name) &&
      wildcards.some((wildcard) => resourcePatternMatches(wildcard, { plural, group: group.join(".") }))
    );
  });
}

async function listCrdNames(cluster: Caller, signal: AbortSignal): Promise<string[]> {
  const { items } = await cluster.call<KubernetesList>({
    method: "GET",
    path: DEFINITIONS_PATH,
    accept: MetadataOnly.list,
    signal,
  });
  return (items ?? []).map(({ metadata }) => metadata.name).sort();
}

function describeHiddenResources(wildcards: readonly string[], hidden: readonly string[]): Problem {
  const [first = ""] = hidden;
  return {
    what: `resources: ${wildcards.map((each) => `"${each}"`).join(", ")} covers ${boundedList(hidden, SHOWN)}, which kube-apiserver does not serve: objects of a CRD without a served version, or behind an aggregated API, stay in etcd, and nobody can rewrite them`,
    expected: "every CRD under a wildcard to be served",
    next: `serve a version of ${first}, delete the CRD, or name the other resources one by one`,
  };
}
