import * as pulumi from "@pulumi/pulumi";
import { typeTokenOfKind, versionOfKindIn, type Kind } from "./kind";

/**
 * Warns of every object of this kind in the program whose former versions no alias names: if its apiVersion was changed
 * by hand, this preview deletes the object. What is in the state a program cannot see, so a new object is warned of too.
 *
 * A transformation, not a resource transform: it runs in the program's own process, changes nothing, and needs no server
 * of callbacks, which users' own mocks and older language hosts do not have.
 *
 * @param versions those that must be named
 * @param handled true once the transform has given this resource its aliases
 */
export function warnOfUnaliased(kind: Kind, versions: readonly string[], handled: (urnPart: string) => boolean): void {
  if (pulumi.runtime.getStackResource() === undefined) return; // a test with mocks and no stack
  pulumi.runtime.registerStackTransformation(({ resource, type, name, opts }) => {
    const version = versionOfKindIn(kind, type);
    if (version === undefined || (opts as pulumi.CustomResourceOptions).id !== undefined) return undefined;
    const missing = versions.filter((other) => other !== version && !isNamed(opts, typeTokenOfKind(kind, other)));
    if (missing.length === 0) return undefined;
    // The transforms of its parents have run once it is registered.
    setImmediate(() => {
      resource.urn.apply(() => {
        if (handled(`${type}::${name}`)) return;
        void pulumi.log.warn(describe(kind, name, version, missing), resource);
      });
    });
    return undefined;
  });
}

function describe(kind: Kind, name: string, version: string, missing: readonly string[]): string {
  return `${name} is a ${kind.kind} at ${kind.group}/${version} without an alias for ${missing.join(", ")}: where its apiVersion was changed by hand, Pulumi plans a create and a delete, and the object in the cluster is lost; expected aliases: give it \`aliases: crd.aliases()\` of ${kind.crd}, or make it with \`crd.resource\``;
}

/** An alias by URN or by name is the user's own business: it is taken to be what it should be. */
function isNamed(opts: pulumi.ResourceOptions, token: string): boolean {
  return (opts.aliases ?? []).some((alias) => {
    if (typeof alias === "string") return alias.includes(token);
    if (pulumi.Output.isInstance(alias) || alias instanceof Promise) return true;
    return alias.type === token;
  });
}
