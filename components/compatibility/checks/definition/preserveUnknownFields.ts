import type { DefinitionCheck } from "../../check";
import { describeChange } from "../../describeValue";

const KEY = "preserveUnknownFields";

export const specPreserveUnknownFieldsOff: DefinitionCheck = {
  id: "spec-preserve-unknown-fields-off",
  severity: "error",
  explain: `\`spec.${KEY}\`, which only CRDs from before apiextensions.k8s.io/v1 have, is turned off.`,
  why: "The API server deletes every field that the schemas do not name from each object at its next read and write.",
  fix: "Name every field that any object has, or set x-kubernetes-preserve-unknown-fields where they are.",
  keys: [KEY],
  compare: ({ spec: old }, { spec: next }) =>
    old[KEY] === true && next[KEY] !== true ? [{ below: `spec.${KEY}`, what: describeChange(KEY, true, false) }] : [],
};
