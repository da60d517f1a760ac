import type * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/kubernetes";
import { whyNoBackupArgs, type BackupArgs } from "../backup/args";
import type { Acknowledgement } from "../compatibility/acknowledgements";
import type { ClusterArgs } from "../provider/clusterChoice";
import { whyNoRequireAcknowledgement } from "../provider/acknowledgements";
import { whyUnknownArguments } from "../provider/unknownArguments";
import { whyNoMigrationArgs } from "../provider/migrationArguments";
import { refusal } from "../provider/refusal";
import { whyNoTextLists } from "../provider/textLists";
import { whyNoCrdAcknowledgements } from "./crdAcknowledgements";
import { checkBefore, type Before } from "./before";
import type { ConversionChoice } from "./conversionChoice";
import { PHASES, type PhaseName } from "./phase";

/** What a VersionedCRD is given: the manifest as it should be, how far to go, and how. */
export interface VersionedCRDArgs extends ClusterArgs {
  /**
   * Path of the manifest, relative to the project: a YAML or JSON file, a folder of them, or a chart (its folder or the .tgz of
   * `helm pull`), of which what stands below `crds/` is read and no template rendered. Exactly one of `file` and `crd`.
   */
  file?: string;
  /** metadata.name of the wanted CRD, where `file` holds several. For all of them: VersionedCRDs. */
  name?: string;
  /** The manifest itself, typed as the official resource's arguments. Exactly one of `file` and `crd`. */
  crd?: pulumi.Input<types.input.apiextensions.v1.CustomResourceDefinition>;
  /**
   * A ConversionWebhook, or the address of a webhook. Default: what the manifest says (spec.conversion). Giving both is an error.
   * A change takes effect at serve, before anything is rewritten through it. Parts that other resources of the program make
   * (a certificate's PEM) may be unknown in preview. The rest is planned all the same.
   */
  conversion?: ConversionChoice;
  /**
   * URN of Pulumi's official CustomResourceDefinition that this component replaces. Default: none. It is not needed where that
   * resource has the component's or the CRD's name and stands at the top of the stack or beside the component, nor for that of a
   * `yaml.ConfigFile`, `yaml.ConfigGroup`, `helm.v3.Chart` or `kustomize.Directory` there. Remove it after the `up` that moved
   * the state.
   */
  adoptFrom?: string;
  /**
   * Field managers whose fields of the CRD are taken over, such as `kubectl-client-side-apply` or `kustomize-controller`.
   * Default: none. Where there is a conflict, preview names the one to put here. Stop the other tool first: the last to apply wins.
   * https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts
   */
  takeOverFrom?: string[];
  /**
   * What happens to the CRD when this component leaves the program. `retain` (default) keeps it and its objects. `delete` deletes
   * it, but refuses while it has objects. `delete-with-objects` deletes both. Run `up` with it once before you remove the
   * component. A CRD that belongs to someone else by then is left alone.
   */
  onDelete?: "retain" | "delete" | "delete-with-objects";
  /**
   * Has the API servers refuse the deletion of the CRD, and the removal of a version by anybody but drop: by a
   * ValidatingAdmissionPolicy, an official resource, which needs Pulumi's kubernetes plugin. Default: false. A deletion by `onDelete`
   * and a drop announce themselves on the CRD. Who may annotate the CRD can do so, too: it guards against mistakes, not against malice.
   */
  protect?: boolean;
  /**
   * The last phase to run: `serve`, `rehearse`, `store`, `migrate` or `drop`. Default: `drop`, the whole rollout.
   * Lowering it reverses nothing that has been done.
   */
  stopAfter?: PhaseName;
  /**
   * What must be there before a phase starts, such as an operator that no longer reads the old version, before drop. For each
   * phase a function that makes resources and returns them. The phase waits for them. The function is called at every run, also
   * while `stopAfter` holds the phase: `stopAfter` holds the CRD, not the resources around it. Default: nothing.
   *
   * @example before: { drop: (phases) => [new Deployment("operator", {…}, { dependsOn: phases.serve })] }
   */
  before?: Before;
  /**
   * Who rewrites the objects. `in-tree` (default): a StorageVersionMigration where the cluster serves them, and our own
   * pass, which is the proof. The former is ended early and deleted where it takes much longer (docs/order.md). `direct`: our own
   * pass alone; faster, and creates no StorageVersionMigration. Our own pass refuses what a conversion webhook begins to lose
   * in its middle; a StorageVersionMigration cannot.
   */
  migrator?: "in-tree" | "direct";
  /**
   * Seconds: the API servers' `--request-timeout`. Default: 60, Kubernetes' own. A request that began before storage
   * flipped may still store the old version for that long, so migrate waits. Too low a number can lose objects.
   * https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
   */
  requestTimeoutSeconds?: number;
  /**
   * Hostnames of API servers that will never come back, although their Lease is still there. Default: none. A server that
   * does come back may write the old version after it was dropped. Name only what is destroyed.
   */
  decommissionedServers?: string[];
  /**
   * Create the CRD again where this stack made it and the cluster has lost it. Default: false, which is an error at preview,
   * because every object of it is lost as well. Set it for one run. If it stays on, nobody notices the next loss.
   */
  recreate?: boolean;
  /**
   * Objects whose `metadata.ownerReferences` name a version that is to be dropped. `refuse` (default): the drop stops before it
   * changes anything, and lists them. `rewrite`: each reference is changed to the storage version first. Whoever manages these
   * objects may write the old version again. The garbage collector does not find an owner at a version that is gone.
   * https://kubernetes.io/docs/concepts/architecture/garbage-collection/
   */
  ownerReferences?: "refuse" | "rewrite";
  /**
   * Resources that the drop need not search for owner references, because you know that no object in them is owned through the
   * version that goes: `secrets`, `deployments.apps`, `*.metrics.k8s.io`, or `*` for whatever this user cannot list. Default:
   * none, and the drop stops at a resource that it cannot search. If you are wrong, some objects are never collected.
   */
  skipOwnerSearch?: string[];
  /**
   * A backup of every object right before a version is dropped, as the storage version that stays: `{ directory: "backups" }`
   * for files that `kubectl apply -f` takes back, `{ command: ["velero", …] }` for a program of yours. Where it fails, nothing
   * is dropped. Default: none. Files hold what the objects hold in clear.
   */
  backup?: BackupArgs;
  /**
   * Findings that stop the rollout and that you know about, each with the reason: what would be an error is a warning then. The
   * error names `check` and `path`. Default: none. If you are wrong, clients of a dropped version get 404, or an object cannot be
   * written any more.
   */
  acknowledge?: Acknowledgement[];
  /**
   * Drop waits for your confirmation: it is an error at preview until `acknowledge` names each version that goes, as
   * `{ check: "version-dropped", path: "v1", reason: "…" }`. Default: false. Set it in the configuration of the stacks where nobody
   * may drop a version by the way. Take the acknowledgement out afterwards: until then preview warns of it.
   */
  requireAcknowledgement?: boolean;
  /**
   * Versions that the manifest no longer names and that objects in Pulumi states may still have, where these are not the usual
   * names (v1, v1beta1, …). Default: none. Only `aliases`, `transform` and `resource` use it.
   */
  formerVersions?: string[];
}

const KNOWN: Record<keyof VersionedCRDArgs, true> = {
  file: true,
  name: true,
  crd: true,
  conversion: true,
  adoptFrom: true,
  takeOverFrom: true,
  onDelete: true,
  protect: true,
  stopAfter: true,
  before: true,
  migrator: true,
  requestTimeoutSeconds: true,
  decommissionedServers: true,
  recreate: true,
  ownerReferences: true,
  skipOwnerSearch: true,
  backup: true,
  acknowledge: true,
  requireAcknowledgement: true,
  formerVersions: true,
  kubeconfig: true,
  context: true,
  clusterId: true,
};

/** Before the manifest is read: it may be what is misspelt. */
export function refuseUnknownVersionedCRDArgs(component: pulumi.Resource, args: object): void {
  const unknown = whyUnknownArguments(args, KNOWN);
  if (unknown !== undefined) throw refusal(component, unknown);
}

export function normalizeStopAfterArg(component: pulumi.Resource, { stopAfter = "drop" }: VersionedCRDArgs): PhaseName {
  if (PHASES.includes(stopAfter)) return stopAfter;
  throw refusal(component, { what: `stopAfter is ${String(stopAfter)}`, expected: `one of ${PHASES.join(", ")}` });
}

/** @throws pulumi.ResourceError for what is wrong with an argument by itself */
export function checkVersionedCRDArgs(
  component: pulumi.Resource,
  {
    ownerReferences = "refuse",
    onDelete = "retain",
    before = {},
    acknowledge = [],
    requireAcknowledgement,
    backup,
    ...others
  }: VersionedCRDArgs,
): void {
  const wrong =
    checkBefore(before) ??
    whyNoCrdAcknowledgements(acknowledge) ??
    whyNoRequireAcknowledgement(requireAcknowledgement) ??
    (backup === undefined ? undefined : whyNoBackupArgs(backup)) ??
    whyNoTextLists(others, ["decommissionedServers", "skipOwnerSearch", "takeOverFrom", "formerVersions"]) ??
    whyNoMigrationArgs(others)[0];
  if (wrong !== undefined) throw refusal(component, wrong);
  if (!["retain", "delete", "delete-with-objects"].includes(onDelete)) {
    throw refusal(component, {
      what: `onDelete is ${String(onDelete)}`,
      expected: "retain, delete or delete-with-objects",
    });
  }
  if (ownerReferences !== "refuse" && ownerReferences !== "rewrite") {
    throw refusal(component, { what: `ownerReferences is ${String(ownerReferences)}`, expected: "refuse or rewrite" });
  }
}
