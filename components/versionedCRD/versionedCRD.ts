import * as pulumi from "@pulumi/pulumi";
import type { apiextensions } from "@pulumi/kubernetes";
import { readManifestInput } from "../crd/manifestInputs";
import { clusterChoiceInputs, whyClusterUnknown } from "../provider/clusterChoice";
import { refusal } from "../provider/refusal";
import {
  checkVersionedCRDArgs,
  normalizeStopAfterArg,
  refuseUnknownVersionedCRDArgs,
  type VersionedCRDArgs,
} from "./args";
import type { Phases } from "./before";
import { createPhases } from "./createPhases";
import { CustomResources, type CustomResourceArgs } from "./customResources/customResources";
import { kindOf } from "./customResources/kind";
import { readManifestArgument, normalizeManifestArgument } from "./manifestArgument";
import { lastPhaseRun, type PhaseName } from "./phase";
import { createProtection } from "./protect/protect";

/**
 * One CustomResourceDefinition and the move of its objects from one storage version to the next, in the safe order:
 * serve → rehearse → store → migrate → drop. Change the manifest, read `pulumi preview`, run `pulumi up`.
 */
export class VersionedCRD extends pulumi.ComponentResource {
  /** metadata.name of the CRD. */
  readonly crdName: pulumi.Output<string>;
  /** One resource a phase: anchors for `dependsOn`. */
  readonly phases: Phases;
  /** The last phase that runs. */
  readonly phase: PhaseName;
  /** The version in which the API servers store objects now. In preview, the one in which they will once the rollout has run. */
  readonly storageVersion: pulumi.Output<string>;
  /** status.storedVersions as the rollout left it. */
  readonly storedVersions: pulumi.Output<string[]>;
  /**
   * Objects that the last migration proved to be stored in the new version: each was rewritten by it, or found to be so
   * already. Undefined while none has run.
   */
  readonly objectsRewritten: pulumi.Output<number | undefined>;
  /** The proof recorded on the CRD, as JSON; undefined while none was needed. */
  readonly proof: pulumi.Output<string | undefined>;
  /** Two underscores keep it out of the outputs of a program that exports the component. */
  private readonly __objects: CustomResources;

  constructor(name: string, args: VersionedCRDArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kubernetes-storage-migration:index:VersionedCRD", name, {}, opts);
    refuseUnknownVersionedCRDArgs(this, args);
    const unknown = whyClusterUnknown(this, args);
    if (unknown !== undefined) throw refusal(this, unknown);
    const given = readManifestArgument(this, args);
    const manifest = normalizeManifestArgument(this, given, args);
    this.crdName = pulumi.output(readManifestInput(manifest.definition, (crd) => crd.metadata.name));
    this.phase = normalizeStopAfterArg(this, args);
    checkVersionedCRDArgs(this, args);
    this.phases = createPhases(this, name, manifest, args, opts);
    this.__objects = customResources(this, name, given, args);
    if (args.protect === true) {
      const providerFor = (type: string) => this.__objects.providerFor(type);
      createProtection({ component: this, name, crd: this.crdName, serve: this.phases.serve, providerFor });
    }

    const reached = this.phases[lastPhaseRun(this.phase, "store")];
    this.storageVersion = reached.storageVersion;
    this.storedVersions = this.phases[lastPhaseRun(this.phase, "migrate")].storedVersions;
    this.objectsRewritten = this.phases.migrate.objectsRewritten;
    this.proof = this.phases.migrate.proof;
    // Once the last phase is registered: an engine that refuses one of them is no longer there to be told of the others.
    this.registerOutputs(
      this.phases.drop.urn.apply(() => ({
        crdName: this.crdName,
        storageVersion: this.storageVersion,
        storedVersions: this.storedVersions,
      })),
    );
  }

  /**
   * Type aliases of every version of this kind, for custom resources of Pulumi programs: with them an object whose
   * apiVersion changes is updated in place, without them Pulumi creates it anew and deletes it.
   *
   * @example new CustomResource("main", { apiVersion: "example.com/v2", … }, { aliases: databases.aliases() })
   * @throws pulumi.ResourceError where group, kind or versions of `crd` are outputs
   */
  aliases(): pulumi.Alias[] {
    return this.__objects.aliases();
  }

  /**
   * The same for objects made by others: `transforms: [databases.transform]` on a chart, a group or a component gives
   * every object of this kind below it its aliases, and touches nothing else.
   */
  get transform(): pulumi.ResourceTransform {
    return this.__objects.transform();
  }

  /**
   * A custom resource of this kind, through the official class: written as the manifest's storage version unless told, moved
   * with it in place, made once that version is served. Its parent is the stack, as that of any resource, unless told.
   *
   * @throws pulumi.ResourceError for a version that the manifest does not serve
   */
  resource(name: string, args: CustomResourceArgs, opts?: pulumi.CustomResourceOptions): apiextensions.CustomResource {
    return this.__objects.create(name, args, opts);
  }

  /** The CRD as the official, typed resource, read after the last phase. Made when it is first asked for. */
  get definition(): apiextensions.v1.CustomResourceDefinition {
    return this.__objects.definition();
  }
}

function customResources(
  component: VersionedCRD,
  name: string,
  given: unknown,
  { kubeconfig, context, formerVersions = [] }: VersionedCRDArgs,
): CustomResources {
  const explicit = kubeconfig !== undefined || context !== undefined;
  return new CustomResources({
    component,
    name,
    kind: kindOf(given),
    formerVersions,
    phases: component.phases,
    cluster: explicit
      ? clusterChoiceInputs({
          ...(kubeconfig !== undefined && { kubeconfig }),
          ...(context !== undefined && { context }),
        })
      : undefined,
  });
}
