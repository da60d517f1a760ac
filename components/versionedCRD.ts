import * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/kubernetes";
import { adoptionAliases } from "./adoption";
import { withConversion, type ConversionArgs } from "./crd/conversion";
import { servedByName, storageVersion, versionNames, type Definition } from "./crd/definition";
import { checkedManifest, readManifest } from "./crd/manifest";
import { schemaDigest } from "./crd/plan";
import { UserError } from "./kubernetes/errors";
import { looksLikeContent } from "./kubernetes/kubeconfig";
import type { PhaseInputs } from "./phases/facets";
import { Phase } from "./phases/phase";
import { PHASES, type PhaseName } from "./phases/shim";

export interface VersionedCRDArgs {
  /** Path of a YAML or JSON manifest, relative to the project. Exactly one of `file` and `crd`. */
  file?: string;
  /** metadata.name of the wanted CRD, where `file` holds several. */
  name?: string;
  /** The manifest itself, typed as the official resource's arguments. Exactly one of `file` and `crd`. */
  crd?: pulumi.Input<types.input.apiextensions.v1.CustomResourceDefinition>;
  /**
   * Where the conversion webhook answers. Default: what the manifest says (spec.conversion); never both.
   * Changing it takes effect at serve, before anything is rewritten through it.
   */
  conversion?: pulumi.Input<ConversionArgs>;
  /**
   * URN of Pulumi's official CustomResourceDefinition that this component replaces. Default: none; the one that has the
   * component's or the CRD's name, at the top of the stack or beside the component, is found without it. Needed once: drop it
   * after the `up` that moved the state.
   */
  adoptFrom?: string;
  /**
   * Field managers whose fields of the CRD are taken over, such as `kubectl-client-side-apply` or `kustomize-controller`.
   * Default: none; a conflict names the one to put here. Stop the other tool first: whoever applies last wins.
   * https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts
   */
  takeOverFrom?: string[];
  /**
   * What becomes of the CRD when this component leaves the program: `retain` (default) keeps it and its objects, `delete`
   * deletes it but refuses while it has objects, `delete-with-objects` deletes both. Takes effect with the `up` after which
   * the component is removed; a CRD that belongs to someone else by then is left alone.
   */
  onDelete?: "retain" | "delete" | "delete-with-objects";
  /**
   * The last phase to run: `serve`, `rehearse`, `store`, `migrate` or `drop`. Default: `drop`, the whole rollout.
   * Lowering it reverses nothing that has been done.
   */
  stopAfter?: PhaseName;
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
  /** Path or content of a kubeconfig. Default: the stack's `kubernetes:kubeconfig`, else what kubectl uses. */
  kubeconfig?: string;
  /** Context in the kubeconfig. Default: the stack's `kubernetes:context`, else the current one. */
  context?: string;
}

/**
 * One CustomResourceDefinition and the move of its objects from one storage version to the next, in the safe order:
 * serve → rehearse → store → migrate → drop. Change the manifest, read `pulumi preview`, run `pulumi up`.
 */
export class VersionedCRD extends pulumi.ComponentResource {
  /** metadata.name of the CRD. */
  readonly crdName: pulumi.Output<string>;
  /** One resource a phase: anchors for `dependsOn`. */
  readonly phases: Readonly<Record<PhaseName, Phase>>;
  /** The last phase that runs. */
  readonly phase: PhaseName;
  /** The version in which the API servers store objects now. */
  readonly storageVersion: pulumi.Output<string>;
  /** status.storedVersions as the rollout left it. */
  readonly storedVersions: pulumi.Output<string[]>;
  /** Objects that the last migration rewrote; undefined while none has run. */
  readonly objectsRewritten: pulumi.Output<number | undefined>;
  /** The proof recorded on the CRD, as JSON; undefined while none was needed. */
  readonly proof: pulumi.Output<string | undefined>;

  constructor(name: string, args: VersionedCRDArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kubernetes-storage-migration:index:VersionedCRD", name, {}, opts);
    const manifest = normalizeManifest(this, args);
    this.crdName = manifest.apply((crd) => crd.metadata.name);
    this.phase = normalizeStopAfter(this, args);
    checkLimits(this, args);
    this.phases = createPhases(this, name, manifest, args, opts);

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
}

/** The manifest with its conversion, checked; whatever is wrong with it is an error before anything is planned. */
function normalizeManifest(component: VersionedCRD, args: VersionedCRDArgs): pulumi.Output<Definition> {
  if ((args.file === undefined) === (args.crd === undefined)) {
    const found = args.file === undefined ? "neither `file` nor `crd`" : "`file` and `crd`";
    throw refusal(component, `${found} given; expected exactly one; point \`file\` at the CRD's manifest`);
  }
  const { file, crd, name, conversion } = args;
  const given: unknown = file === undefined ? crd : asResourceError(component, () => readManifest(file, name));
  const checked = (value: unknown, webhook: ConversionArgs | undefined): Definition =>
    asResourceError(component, () => {
      const whole = file === undefined ? fromOfficial(value as object) : value;
      return withConversion(checkedManifest(whole, file ?? "crd"), webhook);
    });
  // Thrown later, it would reach the terminal once for each input it is part of, as "error serializing property".
  if (isPlain(given) && isPlain(conversion)) {
    const definition = checked(given, conversion as ConversionArgs | undefined);
    return pulumi.output(null).apply(() => definition);
  }
  return pulumi.all([given, pulumi.output(conversion)]).apply(([value, webhook]) => checked(value, webhook));
}

/** True when nothing in it has to be waited for. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (pulumi.Output.isInstance(value) || value instanceof Promise) return false;
  return Object.values(value).every(isPlain);
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
  manifest: pulumi.Output<Definition>,
  args: VersionedCRDArgs,
  { parent }: pulumi.ComponentResourceOptions = {},
): Record<PhaseName, Phase> {
  const version = manifest.apply(storageVersion);
  const { migrator = "in-tree", onDelete = "retain", takeOverFrom = [], adoptFrom } = args;
  const create = (
    phase: PhaseName,
    facet: pulumi.Inputs,
    after?: Phase,
    own: pulumi.CustomResourceOptions = {},
  ): Phase =>
    new Phase(
      phase,
      `${name}-${phase}`,
      { ...commonInputs(component.phase, phase, manifest, args), ...facet },
      {
        parent: component,
        retainOnDelete: true, // a CRD takes its objects with it: leaving the program must not delete it
        ...(after !== undefined && { dependsOn: after }),
        ...own,
      },
    );

  const owner = `${stackName()}/${name}`;
  const entering = { ...(takeOverFrom.length > 0 && { takeOverFrom }), ...(onDelete !== "retain" && { onDelete }) };
  const serve = create("serve", { manifest, storage: version, migrator, owner, ...entering }, undefined, {
    retainOnDelete: onDelete === "retain",
    aliases: adoptionAliases(
      name,
      manifest.apply((crd) => crd.metadata.name),
      parent,
      adoptFrom,
    ),
  });
  const schema = manifest.apply(schemaDigest);
  const versions = manifest.apply(servedByName);
  const stopsHere = component.phase === "rehearse";
  const rehearse = create("rehearse", { version, schema, versions, stopsHere }, serve);
  const store = create("store", { version }, rehearse);
  const migrate = create("migrate", { version, migrator }, store);
  const conversion = manifest.apply((crd) => crd.spec.conversion ?? null);
  const drop = create("drop", { versions: manifest.apply(versionNames), conversion }, migrate);
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
  { requestTimeoutSeconds = 60, migrator = "in-tree", onDelete = "retain" }: VersionedCRDArgs,
): void {
  if (!["retain", "delete", "delete-with-objects"].includes(onDelete)) {
    throw refusal(component, `onDelete is ${String(onDelete)}; expected retain, delete or delete-with-objects`);
  }
  if (!Number.isInteger(requestTimeoutSeconds) || requestTimeoutSeconds < 1 || requestTimeoutSeconds > 3600) {
    throw refusal(
      component,
      `requestTimeoutSeconds is ${String(requestTimeoutSeconds)}; expected whole seconds from 1 to 3600, the API servers' --request-timeout`,
    );
  }
  if (migrator !== "in-tree" && migrator !== "direct") {
    throw refusal(component, `migrator is ${String(migrator)}; expected in-tree or direct`);
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
    cluster: {
      ...(args.kubeconfig !== undefined && { kubeconfig: referenceOrSecret(args.kubeconfig) }),
      ...(args.context !== undefined && { context: args.context }),
    },
    ...(held && { heldBy: stopAfter }),
    requestTimeoutSeconds: args.requestTimeoutSeconds ?? 60,
    gone: args.gone ?? [],
  };
}

/** The content of a kubeconfig holds credentials; its path does not. */
function referenceOrSecret(kubeconfig: string): pulumi.Input<string> {
  return looksLikeContent(kubeconfig) ? pulumi.secret(kubeconfig) : kubeconfig;
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
