import type { Cluster } from "../kubernetes/cluster";
import { UserError } from "../kubernetes/errors";
import { clusterIdentity, IDENTITY_RULE } from "../kubernetes/identity";
import type { Problem } from "../kubernetes/problem";
import type { SharedInputs } from "./inputs";

/** What is known of which cluster this is: uids of its namespace kube-system. */
export interface Identities {
  /** Of the cluster that answers; undefined where it may not be read. */
  readonly live: string | undefined;
  /** Of the one the stack has worked on; undefined before the first run, and in states of releases that recorded none. */
  readonly recorded: string | undefined;
  /** `clusterId` of the component, if given. */
  readonly expected: string | undefined;
}

/** Why the rollout must not go on with this cluster, or undefined when nothing speaks against it. */
export function whyAnotherCluster({ live, recorded, expected }: Identities, where: string): Problem | undefined {
  if (expected !== undefined && live === undefined) {
    return {
      what: `clusterId is ${expected}, but this user may not read namespace kube-system of ${where}`,
      expected: "the right to read it, to compare its uid",
      next: `grant this user the rule ${IDENTITY_RULE}, or remove clusterId (then nobody checks that it is this cluster)`,
    };
  }
  const wanted = expected ?? recorded;
  if (live === undefined || wanted === undefined || live === wanted) return undefined;
  const found = `${where} is cluster ${live} (uid of namespace kube-system)`;
  return expected === undefined
    ? {
        what: found,
        expected: `${recorded}, on which this stack has worked so far`,
        next: `check kubeconfig and context; if this cluster has really taken the other one's place, say so with clusterId: "${live}"`,
      }
    : {
        what: found,
        expected: `${expected}, as clusterId says`,
        next: "check kubeconfig and context, or set clusterId to the cluster you mean",
      };
}

const known = new WeakMap<Cluster, Promise<string | undefined>>();

/**
 * The cluster's identity for the state, checked against what the state has. One read for all phases of all CRDs of a run.
 *
 * @throws UserError when it is another cluster
 */
export async function recognizeSameCluster(
  cluster: Cluster,
  inputs: Pick<SharedInputs, "cluster">,
  recorded: string | undefined,
): Promise<string | undefined> {
  const reading = known.get(cluster) ?? clusterIdentity(cluster);
  known.set(cluster, reading);
  reading.catch(() => known.delete(cluster));
  return comparedWithState(cluster, inputs, recorded, await reading) ?? recorded;
}

/**
 * Once more right before a phase writes: what stands behind a name may have changed since preview.
 *
 * @throws UserError when it is another cluster
 */
export async function assertSameCluster(
  cluster: Cluster,
  inputs: Pick<SharedInputs, "cluster" | "clusterId">,
): Promise<void> {
  if (inputs.clusterId === undefined) return; // not to be read, as preview has said
  comparedWithState(cluster, inputs, inputs.clusterId, await clusterIdentity(cluster));
}

function comparedWithState(
  cluster: Cluster,
  inputs: Pick<SharedInputs, "cluster">,
  recorded: string | undefined,
  live: string | undefined,
): string | undefined {
  const where = `${cluster.server} (context ${cluster.context})`;
  const why = whyAnotherCluster({ live, recorded, expected: inputs.cluster.id }, where);
  if (why !== undefined) throw new UserError(why);
  return live;
}
