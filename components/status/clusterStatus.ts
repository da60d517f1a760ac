import type { Problem } from "../kubernetes/problem";
import type { ClusterFacts, EncryptionFacts } from "./facts";
import type { JudgedCrd, NextManifest } from "./finding";
import { describeHidden } from "./hidden";
import { judgeCrd } from "./judge";

/** One cluster, judged; `error` where it could not be looked at. */
export type ClusterStatus =
  | { readonly context: string; readonly error: string }
  | {
      readonly context: string;
      readonly server: string;
      readonly crds: readonly JudgedCrd[];
      readonly encryption?: EncryptionFacts;
      /** What is wrong with the cluster rather than with a CRD. */
      readonly problems: readonly Problem[];
      readonly hidden: readonly string[];
      /** CRDs of the next release that are not in the cluster. */
      readonly added: readonly string[];
    };

export type SeenCluster = Exclude<ClusterStatus, { error: string }>;

interface Asked {
  readonly now: Date;
  /** The context has to be named in commands to paste. */
  readonly namesContext: boolean;
  readonly next: ReadonlyMap<string, NextManifest>;
}

export function judgeClusterStatus(facts: ClusterFacts, { now, namesContext, next }: Asked): SeenCluster {
  const flag = namesContext ? ` --context ${facts.context}` : "";
  const crds = facts.crds.map((crd) => {
    const manifest = next.get(crd.name);
    const migrate = `kubernetes-storage-migration migrate ${crd.name}${flag}`;
    return judgeCrd(crd, { now, migrate, kubectl: flag, ...(manifest !== undefined && { next: manifest }) });
  });
  const there = new Set(facts.crds.map(({ name }) => name));
  return {
    context: facts.context,
    server: facts.server,
    crds,
    ...(facts.encryption !== undefined && { encryption: facts.encryption }),
    problems: encryptionDiffers(facts.encryption),
    hidden: describeHidden(facts),
    added: [...next.keys()].filter((name) => !there.has(name)).sort(),
  };
}

/** Servers with different configurations may not read what the others write. */
function encryptionDiffers(encryption: EncryptionFacts | undefined): Problem[] {
  const servers = Object.entries(encryption?.servers ?? {});
  if (new Set(servers.map(([, hash]) => hash)).size < 2) return [];
  return [
    {
      what: "the API servers run with different encryption configurations",
      items: servers.map(([host, hash]) => `${host}: ${hash}`),
      expected: "the same file on each",
      why: "what one writes under a key that another does not have, that one cannot read",
      next: "finish the rotation that is under way, or give each the same file and have it reloaded",
    },
  ];
}

/** 0: all is ok. 1: something is not. 2: a cluster could not be looked at. */
export function exitCodeOfClusterStatus(clusters: readonly ClusterStatus[]): 0 | 1 | 2 {
  if (clusters.some((cluster) => "error" in cluster)) return 2;
  const isOk = (cluster: ClusterStatus): boolean =>
    !("error" in cluster) && cluster.problems.length === 0 && cluster.crds.every(({ verdict }) => verdict === "ok");
  return clusters.every(isOk) ? 0 : 1;
}
