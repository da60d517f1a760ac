import * as pulumi from "@pulumi/pulumi";
import { servedByName, storageVersion, versionNamesOfDefinition, type Definition } from "../crd/definition";
import { readManifestInput, type ManifestInputs } from "../crd/manifestInputs";
import { clusterChoiceInputs } from "../provider/clusterChoice";
import { withRefusal } from "../provider/refusal";
import { withoutCallSites } from "../provider/withoutCallSites";
import { adoptionAliases } from "./adoptionAliases";
import type { VersionedCRDArgs } from "./args";
import { dependenciesWithBefore } from "./before";
import type { PhaseInputs } from "./inputs";
import { Phase, type PhaseName, PHASES } from "./phase";
import { digestRehearsedSchema } from "./rehearsalRecord";

/** What of the component the phases are made from. */
type Rollout = pulumi.Resource & { readonly phase: PhaseName; readonly crdName: pulumi.Output<string> };

export function createPhases(
  component: Rollout,
  name: string,
  { definition: manifest, whole, conversion }: ManifestInputs,
  args: VersionedCRDArgs,
  { parent }: pulumi.ComponentResourceOptions = {},
): Record<PhaseName, Phase> {
  const version = readManifestInput(manifest, storageVersion);
  const { migrator = "in-tree", onDelete = "retain" } = args;
  const ahead: Partial<Record<PhaseName, Phase>> = {};
  const create = (phase: PhaseName, inputs: pulumi.Inputs, own: pulumi.CustomResourceOptions = {}): Phase => {
    const all = { ...commonInputs(component, phase, manifest, args), ...inputs };
    const options = {
      parent: component,
      retainOnDelete: true, // a CRD takes its objects with it: leaving the program must not delete it
      dependsOn: withRefusal(component, () => dependenciesWithBefore(phase, ahead, args.before ?? {})),
      ...own,
    };
    return (ahead[phase] = withoutCallSites(() => new Phase(phase, `${name}-${phase}`, all, options)));
  };

  const own = { manifest: whole, storage: version, migrator, ...serveArguments(name, args) };
  const aliases = adoptionAliases(name, component.crdName, parent, args.adoptFrom);
  const serve = create("serve", own, { retainOnDelete: onDelete === "retain", aliases });
  const schema =
    whole === manifest
      ? readManifestInput(manifest, digestRehearsedSchema)
      : pulumi.output(whole as Definition).apply(digestRehearsedSchema);
  const versions = readManifestInput(manifest, servedByName);
  const rehearse = create("rehearse", { version, schema, versions, stopsHere: component.phase === "rehearse" });
  const store = create("store", { version });
  const migrate = create("migrate", { version, migrator, versions });
  const drop = create("drop", {
    versions: readManifestInput(manifest, versionNamesOfDefinition),
    conversion,
    ...dropArguments(args),
  });
  return { serve, rehearse, store, migrate, drop };
}

function dropArguments({
  ownerReferences = "refuse",
  skipOwnerSearch = [],
  requireAcknowledgement = false,
  backup,
}: VersionedCRDArgs): pulumi.Inputs {
  return {
    ownerReferences,
    skipOwnerSearch,
    ...(requireAcknowledgement && { requireAcknowledgement }),
    ...(backup !== undefined && { backup }),
  };
}

/**
 * Absent where not given. What only later phases act on is there, too: `up --plan` holds a program to it at its first phase, not
 * half way.
 */
function serveArguments(name: string, args: VersionedCRDArgs): pulumi.Inputs {
  const { recreate, takeOverFrom = [], onDelete = "retain" } = args;
  const { stopAfter, ownerReferences, skipOwnerSearch = [], requireAcknowledgement = false, backup } = args;
  return {
    owner: `${stackName()}/${name}`,
    ...(recreate === true && { recreate }),
    ...(takeOverFrom.length > 0 && { takeOverFrom }),
    ...(onDelete !== "retain" && { onDelete }),
    ...(stopAfter !== undefined && { stopAfter }),
    ...(ownerReferences !== undefined && { ownerReferences }),
    ...(skipOwnerSearch.length > 0 && { skipOwnerSearch }),
    ...(requireAcknowledgement && { requireAcknowledgement }),
    ...(backup !== undefined && { backup }),
  };
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

type CommonInputs = {
  [Key in keyof PhaseInputs]?: Key extends "cluster" ? pulumi.Inputs : pulumi.Input<PhaseInputs[Key]>;
};

function commonInputs(
  { phase: stopAfter }: Rollout,
  phase: PhaseName,
  manifest: ManifestInputs["definition"],
  args: VersionedCRDArgs,
): CommonInputs {
  const held = PHASES.indexOf(phase) > PHASES.indexOf(stopAfter);
  const cluster = clusterChoiceInputs(args);
  const { requestTimeoutSeconds, decommissionedServers = [], acknowledge = [] } = args;
  return {
    crd: readManifestInput(manifest, (crd) => crd.metadata.name),
    group: readManifestInput(manifest, (crd) => crd.spec.group),
    plural: readManifestInput(manifest, (crd) => crd.spec.names.plural),
    kind: readManifestInput(manifest, (crd) => crd.spec.names.kind),
    ...(held && { heldBy: stopAfter }),
    // Else what provider/inputs.ts has: they would stand in the state with each phase of each CRD.
    ...(Object.keys(cluster).length > 0 && { cluster }),
    ...(requestTimeoutSeconds !== undefined && { requestTimeoutSeconds }),
    ...(decommissionedServers.length > 0 && { decommissionedServers }),
    ...(acknowledge.length > 0 && { acknowledge }),
  };
}
