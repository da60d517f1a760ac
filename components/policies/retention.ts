import type { Rule } from "./policy";
import { SERVE } from "./phaseTypes";

/** A CRD that is deleted takes its objects with it. */
export const retention: Rule = {
  name: "crd-retained",
  description: "A VersionedCRD that leaves the program leaves its CRD and the objects in the cluster.",
  find({ type, props }) {
    const { onDelete } = props as { onDelete?: string };
    if (type !== SERVE || onDelete === undefined) return undefined;
    return {
      what: `onDelete is ${onDelete}`,
      expected: "retain, the default",
      why: "a component that leaves the program, or a destroy, would delete the CRD",
      next: "take it out; to delete a CRD on purpose, run once without this policy",
    };
  },
};
