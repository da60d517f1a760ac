import type { Definition } from "../crd/definition";
import { FIELD_MANAGER, OWNER_ANNOTATION } from "../crd/names";
import { describeProblem } from "../kubernetes/problem";
import { describeFieldManager, isPulumiFieldManager, otherFieldManagers, type FieldManager } from "./fieldManagers";
import { ownerOfDefinition, isOwnerOfSameStack } from "./owner";
import { servedStage } from "./stages";
import { hasFieldsWeOwn } from "./fieldsWeOwn";

/** What the state of the program holds of the CRD before this run. */
export type PriorState = "nothing" | "ours" | "official";

/** How a CRD that something else has made becomes ours. */
export interface Adoption {
  owner: string;
  /** Field managers whose fields the user lets us take over. */
  takeOverFrom: readonly string[];
  /** The state of Pulumi's official resource has become ours, by an alias. */
  adopts: boolean;
}

/**
 * The field managers that lose what the rollout is going to write. Those of Pulumi's official resource need no word of the
 * user's once its state is ours, or the CRD says that it is: nobody else holds them then.
 */
export function managersTakenOverAtAdoption(
  live: Definition | undefined,
  manifest: Definition,
  entry: Adoption,
): FieldManager[] {
  const isHandedOver = entry.adopts || isOwnedByStack(live, entry.owner);
  return writersOf(live, manifest, entry.owner).filter(
    ({ manager }) => entry.takeOverFrom.includes(manager) || (isHandedOver && isPulumiFieldManager(manager)),
  );
}

/** Reasons not to enter, known before anything is touched. */
export function checkAdoption(
  live: Definition | undefined,
  manifest: Definition,
  entry: Adoption,
  before: PriorState,
): string[] {
  const unclaimed = madeByPulumi(live, entry, before);
  return unclaimed.length > 0 ? unclaimed : adoptionConflicts(live, manifest, entry);
}

/** A CRD made by a resource in a Pulumi state that is not this one: once that leaves its program, Pulumi deletes the CRD. */
function madeByPulumi(live: Definition | undefined, { owner }: Adoption, before: PriorState): string[] {
  if (live === undefined || before !== "nothing" || hasFieldsWeOwn(live) || ownerOfDefinition(live) !== undefined)
    return [];
  const manager = live.metadata.managedFields?.map((field) => field.manager ?? "").find(isPulumiFieldManager);
  if (manager === undefined) return [];
  const { name } = live.metadata;
  return [
    describeProblem({
      what: `${name}: a resource of a Pulumi program made this CRD (field manager ${manager}), and this component does not replace it: once it leaves its program, Pulumi deletes the CRD and every object of it`,
      expected: "its URN as adoptFrom",
      next: `find it with \`pulumi stack --show-urns\` and set adoptFrom: "urn:pulumi:…"; where it is in another stack, take it out of that state first with \`pulumi state delete URN\` (which touches no cluster) and out of that program, then say so: kubectl annotate crd ${name} ${OWNER_ANNOTATION}=${owner}`,
    }),
  ];
}

/** Server-side apply would refuse; here it is known before anything is touched. */
function adoptionConflicts(live: Definition | undefined, manifest: Definition, entry: Adoption): string[] {
  const taken = managersTakenOverAtAdoption(live, manifest, entry).map(({ manager }) => manager);
  return writersOf(live, manifest, entry.owner)
    .filter(({ manager, differs }) => differs.length > 0 && !taken.includes(manager))
    .map(({ manager, differs, time }) => {
      const again = isOwnedByStack(live, entry.owner)
        ? ` and written at ${time}, after ${FIELD_MANAGER} took over`
        : "";
      const fields = differs.join(", ");
      return describeProblem({
        what: `${manifest.metadata.name}: ${fields} is owned by ${describeFieldManager(manager)}${again}, with another value than the rollout is to give it`,
        expected: `${FIELD_MANAGER} to be its only writer`,
        next: `have the other stop applying this CRD, then set takeOverFrom: ["${manager}"]`,
      });
    });
}

/** What is to be applied first, and what in the end: a later phase must not be the one to meet the conflict. */
function writersOf(live: Definition | undefined, manifest: Definition, owner: string): FieldManager[] {
  return live === undefined ? [] : otherFieldManagers(live, [servedStage(manifest, live, owner), manifest]);
}

function isOwnedByStack(live: Definition | undefined, owner: string): boolean {
  const recorded = ownerOfDefinition(live);
  return recorded !== undefined && isOwnerOfSameStack(recorded, owner);
}

/** Old inputs of the official resource are the manifest itself. */
export function stateBeforeAdoption(olds: object | undefined): PriorState {
  const { crd, kind, apiVersion } = (olds ?? {}) as { crd?: string; kind?: string; apiVersion?: string };
  if (crd !== undefined) return "ours";
  const isOfficial = kind === "CustomResourceDefinition" && apiVersion?.startsWith("apiextensions.k8s.io/") === true;
  return isOfficial ? "official" : "nothing";
}
