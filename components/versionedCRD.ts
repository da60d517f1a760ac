import * as pulumi from "@pulumi/pulumi";
import type { apiextensions, types } from "@pulumi/kubernetes";
import { dependenciesOf, wrongBefore, type Before, type Phases } from "./before";
import { clusterInputs, whyClusterUnknown, type ClusterArgs } from "./clusterChoice";
import { withConversion, type ConversionArgs } from "./crd/conversion";
import { servedByName, storageVersion, versionNames, type Definition } from "./crd/definition";
import { checkedManifest, readManifest } from "./crd/manifest";
import { schemaDigest } from "./crd/plan";
import { CustomResources, type CustomResourceArgs } from "./customResources/customResources";
import { kindOf } from "./customResources/versions";
import { UserError } from "./kubernetes/errors";
import * as inputs from "./manifestInputs";
import type { PhaseInputs } from "./phases/facets";
import { Phase } from "./phases/phase";
import { PHASES, type PhaseName } from "./phases/shim";

/** What a VersionedCRD is given: the manifest as it is to be, and how far and how to go there. */
export interface VersionedCRDArgs extends ClusterArgs {
  /** Path of a YAML or JSON manifest, relative to the project. Exactly one of `file` and `crd`. */
  file?: string;
  /** metadata.name of the wanted CRD, where `file` holds several. */
  name?: string;
  /** The manifest itself, typed as the official resource's arguments. Exactly one of `file` and `crd`. */
  crd?: pulumi.Input<types.input.apiextensions.v1.CustomResourceDefinition>;
  /**
   * Where the conversion webhook answers. Default: what the manifest says (spec.conversion); never both.
   * Changing it takes effect at serve, before anything is rewritten through it. Parts that other resources of the program
   * make (a certificate's PEM) may be unknown in preview: the rest is planned all the same.
   */
  conversion?: pulumi.Input<inputs.ConversionInputs>;
  /**
   * The last phase to run: `serve`, `rehearse`, `store`, `migrate` or `drop`. Default: `drop`, the whole rollout.
   * Lowering it reverses nothing that has been done.
   */
  stopAfter?: PhaseName;
  /**
   * What must roll between two phases, e.g. an operator that reads the old version no longer, before drop. For each phase a
   * function that makes resources and returns them; the phase waits for them. Called at every run, also where `stopAfter`
   * holds the phase: `stopAfter` holds the CRD, not what stands around it. Default: nothing.
   *
   * @example before: { drop: (phases) => [new Deployment("operator", {…}, { dependsOn: phases.serve })] }
   */
  before?: Before;
  /**
   * Who rewrites the objects. `in-tree` (default): a StorageVersionMigration where the cluster serves them, then our own
   * pass, which is the proof. `direct`: our own pass alone; faster, and creates no StorageVersionMigration.
   */
  migrator?: "in-tree" | "direct";
  /**
   * Seconds: the API servers' `--request-timeout`. Default: 60, Kubernetes' own. Requests that began before storage flipped
   * keep the old version for that long, so it is waited out. Too low a number can lose objects.
   * https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
   */
  requestTimeoutSeconds?: number;
  /**
   * Hostnames of API servers that will never come back, although their Lease is still there. Default: none. A server that
   * does come back may write the old version after it was dropped: name only what is destroyed.
   */
  gone?: string[];
  /**
   * Create the CRD again where the cluster has lost it although this stack has made it. Default: false, an error at preview,
   * because every object of it is lost as well. Meant for one run; left on, such a loss goes unnoticed.
   */
  recreate?: boolean;
  /**
   * Objects whose `metadata.ownerReferences` name a version that is to be dropped. `refuse` (default): the drop stops before it
   * changes anything, and lists them. `rewrite`: each reference is pointed at the storage version first; whoever manages these
   * objects may write the old one again. The garbage collector does not find an owner at a version that is gone.
   * https://kubernetes.io/docs/concepts/architecture/garbage-collection/
   */
  ownerReferences?: "refuse" | "rewrite";
  /**
   * Resources in which no object is owned through a version that is to be dropped, by your word: `secrets`,
   * `deployments.apps`, `*.metrics.k8s.io`, or `*` for whatever this user cannot list. Default: none; the drop stops at the
   * first resource it cannot search. A wrong word leaves objects that are never collected.
   */
  unscanned?: string[];
  /**
   * Versions that objects in Pulumi states may still stand as although the manifest names them no longer, where their names
   * are not the usual ones (v1, v1beta1, …). Default: none. Used by `aliases`, `transform` and `resource` alone.
   */
  formerVersions?: string[];
}

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
  /** The version in which the API servers store objects now. */
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
    const unknown = whyClusterUnknown(this, args);
    if (unknown !== undefined) throw refusal(this, unknown);
    const given = givenManifest(this, args);
    const manifest = normalizeManifest(this, given, args);
    this.crdName = manifest.definition.apply((crd) => crd.metadata.name);
    this.phase = normalizeStopAfter(this, args);
    checkLimits(this, args);
    this.phases = createPhases(this, name, manifest, args);
    this.__objects = customResources(this, name, given, args);

    const reached = this.phases[latest(this.phase, "store")];
    this.storageVersion = reached.storageVersion;
    this.storedVersions = this.phases[latest(this.phase, "migrate")].storedVersions;
    this.objectsRewritten = this.phases.migrate.objectsRewritten;
    this.proof = this.phases.migrate.proof;
    this.registerOutputs({
      crdName: this.crdName,
      storageVersion: this.storageVersion,
      storedVersions: this.storedVersions,
    });
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
      ? clusterInputs({ ...(kubeconfig !== undefined && { kubeconfig }), ...(context !== undefined && { context }) })
      : undefined,
  });
}

/** The manifest as the program gave it; parts of it may be outputs. */
function givenManifest(component: VersionedCRD, args: VersionedCRDArgs): unknown {
  if ((args.file === undefined) === (args.crd === undefined)) {
    const found = args.file === undefined ? "neither `file` nor `crd`" : "`file` and `crd`";
    throw refusal(component, `${found} given; expected exactly one; point \`file\` at the CRD's manifest`);
  }
  const { file, crd, name } = args;
  return file === undefined ? crd : asResourceError(component, () => readManifest(file, name));
}

/** The manifest with its conversion, checked; whatever is wrong with it is an error before anything is planned. */
function normalizeManifest(
  component: VersionedCRD,
  given: unknown,
  { file, conversion }: VersionedCRDArgs,
): inputs.ManifestInputs {
  const checked = (value: unknown, webhook: ConversionArgs | undefined): Definition =>
    asResourceError(component, () => {
      const whole = file === undefined ? fromOfficial(value as object) : value;
      return withConversion(checkedManifest(whole, file ?? "crd"), webhook);
    });
  // Thrown later, it would reach the terminal once for each input it is part of, as "error serializing property".
  if (inputs.isPlain(given) && inputs.isPlain(conversion)) {
    const definition = checked(given, conversion as ConversionArgs | undefined);
    return inputs.inOne(pulumi.output(null).apply(() => definition));
  }
  if (inputs.isPlain(given) && conversion !== undefined) {
    const known = checked(given, undefined);
    const late = inputs.lateConversion(known, conversion, (work) => asResourceError(component, work));
    return inputs.withLateConversion(known, late);
  }
  const split = conversion === undefined ? inputs.splitConversion(given) : undefined;
  if (split !== undefined) return inputs.withLateConversion(checked(split.rest, undefined), split.conversion);
  return inputs.inOne(
    pulumi
      .all([given, pulumi.output(conversion)])
      .apply(([value, webhook]) => checked(value, webhook as ConversionArgs)),
  );
}

/** The official resource's arguments may leave these two out, and spell x-kubernetes-… with underscores. */
function fromOfficial(crd: object): unknown {
  return withHyphens({ apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", ...crd });
}

/** Below these keys stand the user's own names and values. */
const VERBATIM = ["properties", "default", "enum", "example"];

function withHyphens(value: unknown, verbatim = false): unknown {
  if (Array.isArray(value)) return value.map((item) => withHyphens(item, verbatim));
  if (typeof value !== "object" || value === null) return value;
  const hyphens = (key: string): string =>
    key.startsWith("x_kubernetes_") && !verbatim ? key.replace(/_/g, "-") : key;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [
      hyphens(key),
      withHyphens(child, !verbatim && VERBATIM.includes(key)),
    ]),
  );
}

function normalizeStopAfter(component: VersionedCRD, { stopAfter = "drop" }: VersionedCRDArgs): PhaseName {
  if (PHASES.includes(stopAfter)) return stopAfter;
  throw refusal(component, `stopAfter is ${String(stopAfter)}; expected one of ${PHASES.join(", ")}`);
}

function createPhases(
  component: VersionedCRD,
  name: string,
  { definition: manifest, whole, conversion }: inputs.ManifestInputs,
  args: VersionedCRDArgs,
): Record<PhaseName, Phase> {
  const version = manifest.apply(storageVersion);
  const migrator = args.migrator ?? "in-tree";
  const ahead: Partial<Record<PhaseName, Phase>> = {};
  const create = (phase: PhaseName, facet: pulumi.Inputs): Phase =>
    (ahead[phase] = new Phase(
      phase,
      `${name}-${phase}`,
      { ...commonInputs(component.phase, phase, manifest, args), ...facet },
      {
        parent: component,
        retainOnDelete: true, // a CRD takes its objects with it: leaving the program must not delete it
        dependsOn: asResourceError(component, () => dependenciesOf(phase, ahead, args.before ?? {})),
      },
    ));

  const serve = create("serve", {
    manifest: whole,
    storage: version,
    migrator,
    owner: stackName(),
    ...(args.recreate === true && { recreate: true }),
  });
  const schema = pulumi.output(whole as Definition).apply(schemaDigest);
  const versions = manifest.apply(servedByName);
  const stopsHere = component.phase === "rehearse";
  const rehearse = create("rehearse", { version, schema, versions, stopsHere });
  const store = create("store", { version });
  const migrate = create("migrate", { version, migrator });
  const { ownerReferences = "refuse", unscanned = [] } = args;
  const versionsThatStay = manifest.apply(versionNames);
  const drop = create("drop", { versions: versionsThatStay, conversion, ownerReferences, unscanned });
  return { serve, rehearse, store, migrate, drop };
}

/** Who owns the CRD, in full: two organizations may have the same project and stack. */
function stackName(): string {
  return `${organization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
}

/** `setMocks` sets none unless told, and getOrganization then throws: users' own tests must not break on it. */
function organization(): string {
  try {
    return pulumi.getOrganization();
  } catch {
    return "organization";
  }
}

/** A wait of no length, from a value that is no number, would be a gate left open. */
function checkLimits(
  component: VersionedCRD,
  { requestTimeoutSeconds = 60, migrator = "in-tree", ownerReferences = "refuse", before = {} }: VersionedCRDArgs,
): void {
  const wrong = wrongBefore(before);
  if (wrong !== undefined) throw refusal(component, wrong);
  if (!Number.isInteger(requestTimeoutSeconds) || requestTimeoutSeconds < 1 || requestTimeoutSeconds > 3600) {
    throw refusal(
      component,
      `requestTimeoutSeconds is ${String(requestTimeoutSeconds)}; expected whole seconds from 1 to 3600, the API servers' --request-timeout`,
    );
  }
  if (migrator !== "in-tree" && migrator !== "direct") {
    throw refusal(component, `migrator is ${String(migrator)}; expected in-tree or direct`);
  }
  if (ownerReferences !== "refuse" && ownerReferences !== "rewrite") {
    throw refusal(component, `ownerReferences is ${String(ownerReferences)}; expected refuse or rewrite`);
  }
}

type CommonInputs = {
  [Key in keyof PhaseInputs]: Key extends "cluster" ? pulumi.Inputs : pulumi.Input<PhaseInputs[Key]>;
};

function commonInputs(
  stopAfter: PhaseName,
  phase: PhaseName,
  manifest: pulumi.Output<Definition>,
  args: VersionedCRDArgs,
): CommonInputs {
  const held = PHASES.indexOf(phase) > PHASES.indexOf(stopAfter);
  return {
    crd: manifest.apply((crd) => crd.metadata.name),
    group: manifest.apply((crd) => crd.spec.group),
    plural: manifest.apply((crd) => crd.spec.names.plural),
    kind: manifest.apply((crd) => crd.spec.names.kind),
    cluster: clusterInputs(args),
    ...(held && { heldBy: stopAfter }),
    requestTimeoutSeconds: args.requestTimeoutSeconds ?? 60,
    gone: args.gone ?? [],
  };
}

/** The last phase that ran and changes this: what a held phase recorded may be from before. */
function latest(stopAfter: PhaseName, changes: PhaseName): PhaseName {
  return PHASES.indexOf(stopAfter) < PHASES.indexOf(changes) ? stopAfter : changes;
}

function asResourceError<T>(component: pulumi.Resource, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof UserError ? refusal(component, error.message) : error;
  }
}

/** On the component's row, without a stack: it would bury the message. */
function refusal(component: pulumi.Resource, message: string): pulumi.ResourceError {
  return new pulumi.ResourceError(message, component, true);
}
