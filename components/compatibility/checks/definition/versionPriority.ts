import { type Definition, servedVersionNames } from "../../../crd/definition";
import { preferredVersion } from "../../../crd/versionNames";
import type { DefinitionCheck } from "../../check";

const preferredOf = (definition: Definition): string | undefined => preferredVersion(servedVersionNames(definition));

export const versionPriorityChanged: DefinitionCheck = {
  id: "version-priority-changed",
  severity: "info",
  explain:
    "Another served version comes first (v2 before v1 before v2beta1): https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#version-priority",
  why: "Clients that name no version, such as `kubectl get` and `kubectl edit`, get this version from now on.",
  fix: "Name the version in scripts that need the old one: `kubectl get RESOURCE.VERSION.GROUP`.",
  keys: ["versions"],
  compare: (old, next) => {
    const [before, after] = [preferredOf(old), preferredOf(next)];
    if (before === after || before === undefined || after === undefined) return [];
    return [{ below: "spec.versions", what: `first served version ${before} → ${after}` }];
  },
};
