import type { Definition } from "../../crd/definition";
import { describeProblem } from "../../kubernetes/problem";

/** A CRD that was deleted is there until its last object's finalizers are done: whatever a rollout does to it is for nothing. */
export function notBeingDeleted(live: Definition | undefined): string[] {
  const { name = "", deletionTimestamp } = live?.metadata ?? {};
  if (deletionTimestamp === undefined) return [];
  return [
    describeProblem({
      what: `${name}: is being deleted since ${deletionTimestamp}, and every object with it`,
      expected: "a CRD that stays",
      why: "Kubernetes cannot undo a delete",
      next: `save what is left with \`kubectl get ${name} -A -o yaml\`, let it end (finalizers of its objects hold it up), then set recreate: true to begin with an empty one`,
    }),
  ];
}
