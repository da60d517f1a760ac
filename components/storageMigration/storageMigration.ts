import * as pulumi from "@pulumi/pulumi";
import { clusterChoiceInputs, whyClusterUnknown } from "../provider/clusterChoice";
import { refusal } from "../provider/refusal";
import { checkStorageMigrationArgs, type StorageMigrationArgs } from "./args";
import { MigratedObjects } from "./migratedObjects";

/**
 * The objects of CRDs that somebody else manages (a Helm chart, an operator, Argo CD), each rewritten to its CRD's storage version
 * and proven, so that an old version can be dropped. It never edits a spec, takes over no field of it and adds no owner. Objects of
 * built-in resources are rewritten and proven the same way.
 *
 * @example new StorageMigration("cilium", { resources: ["*.cilium.io"] })
 */
export class StorageMigration extends pulumi.ComponentResource {
  /** One resource for each entry of `resources`, by that entry: anchors for `dependsOn`. */
  readonly migrations: Readonly<Record<string, MigratedObjects>>;
  /** By CRD: status.storedVersions, as the last run that had something to do left them. Built-in resources have none. */
  readonly storedVersions: pulumi.Output<Record<string, string[]>>;

  constructor(name: string, args: StorageMigrationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kubernetes-storage-migration:index:StorageMigration", name, {}, opts);
    checkStorageMigrationArgs(this, args);
    const unknown = whyClusterUnknown(this, args);
    if (unknown !== undefined) throw refusal(this, unknown);
    const inputs = {
      cluster: clusterChoiceInputs(args),
      migrator: args.migrator ?? "in-tree",
      requestTimeoutSeconds: args.requestTimeoutSeconds ?? 60,
      decommissionedServers: args.decommissionedServers ?? [],
    };
    this.migrations = Object.fromEntries(
      args.resources.map((resource) => [
        resource,
        new MigratedObjects(`${name}-${resource}`, { resource, ...inputs }, { parent: this, retainOnDelete: true }),
      ]),
    );
    const recorded = Object.values(this.migrations).map(({ storedVersions }) => storedVersions);
    this.storedVersions = pulumi.all(recorded).apply((all) => Object.assign({}, ...all) as Record<string, string[]>);
    // Once all are registered: an engine that refuses one of them is no longer there to be told of the others.
    const registered = pulumi.all(Object.values(this.migrations).map(({ urn }) => urn));
    this.registerOutputs(registered.apply(() => ({ storedVersions: this.storedVersions })));
  }
}
