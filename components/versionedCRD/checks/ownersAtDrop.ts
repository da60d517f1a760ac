import { describeProblem, boundedProblemItems } from "../../kubernetes/problem";
import type { DroppedOwner, OwnersFound, Unsearched } from "../../migration/ownerReferences";
import { describeCount } from "../../kubernetes/count";

/**
 * The user's word for a resource: `secrets`, `deployments.apps`, `*.GROUP`, or `*` for whatever cannot be searched.
 */
export function isSkippedAtDrop(resource: string, declared: readonly string[]): boolean {
  const group = resource.includes(".") ? resource.slice(resource.indexOf(".") + 1) : undefined;
  return declared.some((each) => each === "*" || each === resource || (group !== undefined && each === `*.${group}`));
}

export interface OwnersContext {
  readonly crd: string;
  readonly owner: DroppedOwner;
  /** apiVersion that stays. */
  readonly storageAPIVersion: string;
  /** Resources that the user answers for. */
  readonly declared: readonly string[];
  /** The references were to be rewritten: these are what is left after it. */
  readonly rewritten: boolean;
  /** Objects whose reference could not be rewritten, each with why; the first ten. */
  readonly failed: readonly string[];
}

/** Reasons not to drop, and what is only worth reading. */
export function checkOwnersAtDrop(
  result: OwnersFound,
  context: OwnersContext,
): { problems: string[]; warnings: string[] } {
  const { crd, owner, declared } = context;
  const versions = owner.apiVersions.join(", ");
  const byWord = result.unsearched.filter(({ resource }) => isSkippedAtDrop(resource, declared));
  const open = result.unsearched.filter(({ resource }) => !isSkippedAtDrop(resource, declared));
  const warnings =
    byWord.length === 0
      ? []
      : [
          `${crd}: not searched for owners at ${versions}, by \`skipOwnerSearch\`: ${shortened(byWord.map(({ resource }) => resource)).join(", ")}`,
        ];
  return { problems: [...describeFound(result, context), ...describeUnsearched(open, context)], warnings };
}

const SHOWN = 10;

function shortened(names: readonly string[]): string[] {
  return boundedProblemItems(names.slice(0, SHOWN), names.length);
}

function describeFound({ found, named }: OwnersFound, context: OwnersContext): string[] {
  if (found === 0) return [];
  const { crd, owner, storageAPIVersion, rewritten, failed } = context;
  const versions = owner.apiVersions.join(", ");
  const next = rewritten
    ? `${failed.length > 0 ? `could not rewrite ${failed.join("; ")}` : `all were rewritten, and someone wrote ${versions} again`}: have whoever writes them use ${storageAPIVersion}`
    : `have whoever writes them use ${storageAPIVersion}, or set ownerReferences: "rewrite"`;
  return [
    describeProblem({
      what: `${crd}: ${describeCount(found, "object")} ${found === 1 ? "names" : "name"} ${versions} as the apiVersion of an owner of kind ${owner.kind} (metadata.ownerReferences)`,
      items: boundedProblemItems(named, found),
      expected: "none before it is dropped",
      why: "the garbage collector would never collect them, and a foreground delete of their owner would hang",
      next: `${next}, then run \`pulumi up\` again`,
    }),
  ];
}

function describeUnsearched(open: readonly Unsearched[], { crd, owner }: OwnersContext): string[] {
  if (open.length === 0) return [];
  const asWord = open.length > SHOWN ? '"*"' : open.map(({ resource }) => JSON.stringify(resource)).join(", ");
  return [
    describeProblem({
      what: `${crd}: ${describeCount(open.length, "resource")} could not be searched for objects owned at ${owner.apiVersions.join(", ")}`,
      items: shortened(open.map(({ resource, why }) => `${resource}: ${why}`)),
      expected: "every resource to be listable before it is dropped",
      next: `grant the rights of rightsForDrop(), or, where no object in them is owned by a ${owner.kind}, say so: skipOwnerSearch: [${asWord}]`,
    }),
  ];
}
