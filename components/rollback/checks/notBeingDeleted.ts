import type { Problem } from "../../kubernetes/problem";
import type { RollbackFacts } from "../facts";

/** A delete takes every object with it, and cannot be undone. */
export function notBeingDeleted({ live: { metadata } }: RollbackFacts): Problem[] {
  if (metadata.deletionTimestamp === undefined) return [];
  return [
    {
      what: `${metadata.name}: it is being deleted since ${metadata.deletionTimestamp}, and every object with it`,
      expected: "a CRD that stays",
      why: "Kubernetes cannot undo a delete",
      next: "save the objects while they are there (finalizers hold it up); then make the CRD anew with the older manifest",
    },
  ];
}
