import type * as pulumi from "@pulumi/pulumi";
import { everyVersionOfKind, typeTokenOfKind, versionOfKindIn, type Kind } from "./kind";

/**
 * Type aliases for an object of this kind, one for each other version it may stand in the state as. Without them Pulumi
 * takes a changed apiVersion for another resource: it creates the new one and deletes the old, which is the same object.
 * https://github.com/pulumi/pulumi-kubernetes/issues/1668
 *
 * @param version the version that the program writes; undefined where it is not known here
 */
export function typeAliases(kind: Kind, former: readonly string[], version?: string): pulumi.Alias[] {
  const others = everyVersionOfKind(kind, former).filter((name) => name !== version);
  return others.map((name) => ({ type: typeTokenOfKind(kind, name) }));
}

/** Gives every object of this kind its aliases, wherever in a chart, a group or a component it is made. */
export function aliasingTransform(kind: Kind, former: readonly string[], seen: (urnPart: string) => void) {
  const transform: pulumi.ResourceTransform = ({ type, name, props, opts }) => {
    const version = versionOfKindIn(kind, type);
    if (version === undefined) return undefined;
    seen(`${type}::${name}`);
    const given = opts.aliases ?? [];
    return { props, opts: { ...opts, aliases: [...given, ...typeAliases(kind, former, version)] } };
  };
  return transform;
}
