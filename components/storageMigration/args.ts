import type * as pulumi from "@pulumi/pulumi";
import { assertIsResourceNameOrPattern } from "../kubernetes/resourceNames";
import type { ClusterArgs } from "../provider/clusterChoice";
import { whyUnknownArguments } from "../provider/unknownArguments";
import { whyNoMigrationArgs } from "../provider/migrationArguments";
import { withRefusal, refusal } from "../provider/refusal";
import { whyNoTextLists } from "../provider/textLists";

/** What a StorageMigration is given: whose objects are to be at their storage version, and how they get there. */
export interface StorageMigrationArgs extends ClusterArgs {
  /**
   * CRDs that somebody else manages, by metadata.name (`ciliumnodes.cilium.io`), or `*.cilium.io` for every CRD of that very
   * group, looked up live; and built-in resources by name (`secrets`, `horizontalpodautoscalers.autoscaling`), which no pattern
   * means. A name that nothing has, a pattern that matches no CRD, and a resource that an aggregated API server serves or that
   * cannot be listed and patched is an error at preview. What vanishes later is let go.
   */
  resources: string[];
  /**
   * Who rewrites the objects. `in-tree` (default): a StorageVersionMigration where the cluster serves them, and our own
   * pass, which is the proof. The former is ended early and deleted where it takes much longer (docs/order.md). `direct`: our own
   * pass alone; faster, and creates no StorageVersionMigration.
   */
  migrator?: "in-tree" | "direct";
  /**
   * Seconds: the API servers' `--request-timeout`. Default: 60, Kubernetes' own. A request that began before storage
   * flipped may still store the old version for that long, so it is waited for. Too low a number can lose objects.
   * https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
   */
  requestTimeoutSeconds?: number;
  /**
   * Hostnames of API servers that will never come back, although their Lease is still there. Default: none. A server that
   * does come back may write an old version after it was dropped. Name only what is destroyed.
   */
  decommissionedServers?: string[];
}

const KNOWN: Record<keyof StorageMigrationArgs, true> = {
  resources: true,
  migrator: true,
  requestTimeoutSeconds: true,
  decommissionedServers: true,
  kubeconfig: true,
  context: true,
  clusterId: true,
};

/** @throws pulumi.ResourceError for what is wrong with an argument by itself */
export function checkStorageMigrationArgs(component: pulumi.Resource, args: StorageMigrationArgs): void {
  const { resources } = args;
  const unknown = whyUnknownArguments(args, KNOWN);
  if (unknown !== undefined) throw refusal(component, unknown);
  if (!Array.isArray(resources) || resources.length === 0 || new Set(resources).size !== resources.length) {
    throw refusal(component, {
      what: `resources is ${JSON.stringify(resources)}`,
      expected: "at least one name or pattern, each once",
    });
  }
  const wrong = whyNoTextLists(args, ["decommissionedServers"]) ?? whyNoMigrationArgs(args)[0];
  if (wrong !== undefined) throw refusal(component, wrong);
  withRefusal(component, () => resources.forEach((entry) => assertIsResourceNameOrPattern(String(entry))));
}
