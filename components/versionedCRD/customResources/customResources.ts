import * as pulumi from "@pulumi/pulumi";
import type { apiextensions, types } from "@pulumi/kubernetes";
import { refusal } from "../../provider/refusal";
import type { Phases } from "../before";
import { aliasingTransform, typeAliases } from "./aliases";
import { officialCustomResource, officialDefinition, officialProvider } from "./official";
import { warnOfUnaliased } from "./unaliased";
import { likelyVersionsOfKind, typeTokenOfKind, versionOfKindIn, type Kind } from "./kind";

/** A custom resource as its CRD's component makes it: apiVersion and kind are the CRD's. */
export interface CustomResourceArgs {
  metadata?: pulumi.Input<types.input.meta.v1.ObjectMeta>;
  /**
   * The version that the object is written as. Default: the manifest's storage version, so it moves when the CRD moves.
   * An object that has a field of this name at its top level is made with the official class and `crd.aliases()`.
   */
  version?: string;
  /** The object's own fields: `spec`, `data`, … */
  [field: string]: unknown;
}

export interface CustomResourcesArgs {
  component: pulumi.ComponentResource;
  name: string;
  /** undefined where the manifest's names are outputs. */
  kind: Kind | undefined;
  formerVersions: readonly string[];
  phases: Phases;
  /** The component's own arguments; undefined where the stack's configuration says which cluster. */
  cluster: { kubeconfig?: pulumi.Input<string>; context?: string } | undefined;
}

/** The objects of one CRD as resources of Pulumi programs. */
export class CustomResources {
  private readonly aliased = new Set<string>();
  private ownProvider: pulumi.ProviderResource | undefined;
  private view: apiextensions.v1.CustomResourceDefinition | undefined;

  constructor(private readonly args: CustomResourcesArgs) {
    const { kind, formerVersions } = args;
    if (kind === undefined) return;
    warnOfUnaliased(kind, likelyVersionsOfKind(kind, formerVersions), (urnPart) => this.aliased.has(urnPart));
  }

  aliases(): pulumi.Alias[] {
    return typeAliases(this.kind("aliases"), this.args.formerVersions);
  }

  transform(): pulumi.ResourceTransform {
    return aliasingTransform(this.kind("transform"), this.args.formerVersions, (urnPart) => this.aliased.add(urnPart));
  }

  create(
    name: string,
    { version, ...fields }: CustomResourceArgs,
    opts: pulumi.CustomResourceOptions = {},
  ): apiextensions.CustomResource {
    const kind = this.kind("resource");
    const written = version ?? kind.storage;
    if (!kind.versions.some((each) => each.name === written && each.served)) {
      const served = kind.versions.filter((each) => each.served).map((each) => each.name);
      throw refusal(this.args.component, {
        what: `${name}: version is ${written}`,
        expected: `one that the manifest of ${kind.crd} serves: ${served.join(", ")}`,
      });
    }
    const type = typeTokenOfKind(kind, written);
    const provider = opts.provider ?? opts.parent?.getProvider(type) ?? this.providerFor(type);
    const CustomResource = officialCustomResource();
    return new CustomResource(
      name,
      { ...fields, apiVersion: `${kind.group}/${written}`, kind: kind.kind },
      pulumi.mergeOptions(opts, {
        aliases: typeAliases(kind, this.args.formerVersions, versionOfKindIn(kind, type)),
        dependsOn: this.args.phases.serve, // from then on the version answers; the objects move while it goes on
        ...(provider !== undefined && { provider }),
      }),
    );
  }

  /** Read after the last phase. Its id is that phase's: unknown while the CRD is still to be created. */
  definition(): apiextensions.v1.CustomResourceDefinition {
    const { component, name, phases } = this.args;
    const provider = this.providerFor("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition");
    return (this.view ??= officialDefinition().get(`${name}-definition`, phases.drop.id, {
      parent: component,
      ...(provider !== undefined && { provider }),
    }));
  }

  /** The objects' cluster is the phases' cluster; undefined where the stack's own default provider is that already. */
  providerFor(type: string): pulumi.ProviderResource | undefined {
    const { component, name, cluster } = this.args;
    const given = component.getProvider(type);
    if (given !== undefined || cluster === undefined) return given;
    const Provider = officialProvider();
    return (this.ownProvider ??= new Provider(`${name}-cluster`, cluster, { parent: component }));
  }

  private kind(wanted: string): Kind {
    if (this.args.kind !== undefined) return this.args.kind;
    throw refusal(this.args.component, {
      what: `${wanted}: the manifest's group, kind or versions are outputs of another resource`,
      expected: "plain values",
      why: "Pulumi must know an object's type when it is registered",
      next: "give `file`, or let no more than other fields be outputs",
    });
  }
}
