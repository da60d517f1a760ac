import type { Cluster } from "./cluster";
import { hasErrorStatus } from "./errors";
import { type IdentityLease, listIdentityLeases } from "./identityLeases";
import { connectToReachableServers } from "./reachableServers";
import { sharedWhileFresh } from "./sharedForSeconds";

/** What one look at the control plane found: data, which the phases of many CRDs may share. */
export interface Survey {
  /** When it began. */
  readonly at: number;
  /** Every API server that has announced itself, without those declared decommissioned. */
  readonly leases: readonly IdentityLease[];
  /** The addresses of those that were reached. */
  readonly addresses: readonly string[];
  /** Why they cannot be distinguished, where they cannot. */
  readonly why?: string;
}

/** A look takes four connections for a server; a hundred CRDs in one program may have three each. */
const EVERY_MS = 1_000;

export const BALANCED_BY_REQUEST =
  "a balancer in front deals out single requests, so no connection stays with one API server";

/** Looks who is there, from this moment on. */
export const surveyApiServers = sharedWhileFresh(lookOnce, EVERY_MS);

async function lookOnce(cluster: Cluster, decommissioned: readonly string[]): Promise<Survey> {
  const at = performance.now();
  const listed = await leasesOrReason(cluster);
  if (typeof listed === "string") return { at, leases: [], addresses: [], why: listed };
  const leases = listed.filter(({ host }) => !decommissioned.includes(host));
  const reached = await addressesOrReason(cluster, leases.length);
  return typeof reached === "string"
    ? { at, leases, addresses: [], why: reached }
    : { at, leases, addresses: reached.sort() };
}

async function leasesOrReason(cluster: Cluster): Promise<IdentityLease[] | string> {
  try {
    const leases = await listIdentityLeases(cluster);
    return leases.length > 0 ? leases : "kube-system holds no identity Lease of an API server (they exist since 1.26)";
  } catch (error) {
    if (!hasErrorStatus(error, 403)) throw error;
    return "the identity Leases in kube-system may not be listed, so the API servers cannot be counted";
  }
}

async function addressesOrReason(cluster: Cluster, expected: number): Promise<string[] | string> {
  try {
    const found = await connectToReachableServers(cluster, expected);
    if (found === "mixed") return BALANCED_BY_REQUEST;
    for (const connection of found.values()) connection.close();
    return [...found.keys()];
  } catch (error) {
    if (!hasErrorStatus(error, 403)) throw error;
    return "GET /api is not allowed, so which API server answers cannot be told";
  }
}
