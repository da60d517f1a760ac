import { canonicalText } from "../../crd/canonical";
import { versionNamesOfDefinition, type Definition } from "../../crd/definition";
import { describeProblem } from "../../kubernetes/problem";
import { recordedUnfinishedDrop } from "../../migration/definition/recordedOnDefinition";

/**
 * Objects that are there and that no LIST can return, before anything is touched: a problem where something is to be moved,
 * unless it is this manifest that may make them readable again.
 *
 * @param found what the API server says of them; undefined when it lists
 * @param moves whether any phase has something to do
 */
export function objectsReadable(
  manifest: Definition,
  live: Definition | undefined,
  found: string | undefined,
  moves: boolean,
): { problems: string[]; warnings: string[] } {
  // What an interrupted drop left unreadable is for drop to find: it puts the version back.
  if (found === undefined || live === undefined || recordedUnfinishedDrop(live).length > 0)
    return { problems: [], warnings: [] };
  const problem = {
    what: `${manifest.metadata.name}: the API server cannot list the objects that are there: ${found}`,
    expected: "every one to be readable before anything is moved",
  };
  if (!moves || mayFix(manifest, live, found)) return { problems: [], warnings: [describeProblem(problem)] };
  const next =
    "fix or delete the object it names (in etcd, where the API cannot), put back the version or the webhook that it needs, then run `pulumi preview` again";
  return { problems: [describeProblem({ ...problem, next })], warnings: [] };
}

/** It brings back the version in which an object is stored, or another way to convert. */
function mayFix(manifest: Definition, live: Definition, found: string): boolean {
  const added = versionNamesOfDefinition(manifest).filter((name) => !versionNamesOfDefinition(live).includes(name));
  if (added.some((name) => new RegExp(`${live.spec.group}/${name}\\b`).test(found))) return true;
  return (
    /webhook/.test(found) &&
    canonicalText(manifest.spec.conversion ?? null) !== canonicalText(live.spec.conversion ?? null)
  );
}
