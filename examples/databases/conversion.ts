import { defineConversion } from "pulumi-kubernetes-storage-migration/conversion";
import { group, kind, versions } from "./schemas";

/** v2 adds `spec.password`, a secret: objects that v1 shows keep it sealed in an annotation. */
export default defineConversion({
  group,
  kind,
  versions,
  steps: (step) => [step("v1", "v2", (m) => [m.added("spec.password")])],
});
