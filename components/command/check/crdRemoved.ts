import type { Finding } from "../../compatibility/finding";

/** The one finding that needs no second CRD. */
export const crdRemoved: Finding = {
  check: "crd-removed",
  path: "metadata.name",
  severity: "error",
  what: "the CRD is in OLD and not in NEW",
  why: "Deleting a CRD deletes every object of it.",
  fix: "Keep the CRD, or give OLD and NEW that hold the same CRDs.",
};
