import { parseVersionName } from "../../../crd/versionNames";
import type { Definition } from "../../../crd/definition";
import type { DefinitionCheck } from "../../check";

const STAGES = ["alpha", "beta", "stable"];

/** v10, v2, v1, v11beta2, v3beta1, v12alpha1, then all other names in the order of the alphabet. */
function priorityOfVersion(name: string): [known: number, stage: number, major: number, minor: number] {
  const parsed = parseVersionName(name);
  return parsed === undefined ? [0, 0, 0, 0] : [1, STAGES.indexOf(parsed.stage), parsed.major, parsed.minor];
}

function byPriority(left: string, right: string): number {
  const [mine, others] = [priorityOfVersion(left), priorityOfVersion(right)];
  const index = mine.findIndex((part, position) => part !== others[position]);
  if (index < 0) return left < right ? -1 : 1;
  return (others[index] ?? 0) - (mine[index] ?? 0);
}

const preferredVersion = ({ spec }: Definition): string | undefined =>
  spec.versions
    .filter(({ served }) => served)
    .map(({ name }) => name)
    .sort(byPriority)[0];

export const versionPriorityChanged: DefinitionCheck = {
  id: "version-priority-changed",
  severity: "info",
  explain:
    "Another served version comes first (v2 before v1 before v2beta1): https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#version-priority",
  why: "Clients that name no version, such as `kubectl get` and `kubectl edit`, get this version from now on.",
  fix: "Name the version in scripts that need the old one: `kubectl get RESOURCE.VERSION.GROUP`.",
  keys: ["versions"],
  compare: (old, next) => {
    const [before, after] = [preferredVersion(old), preferredVersion(next)];
    if (before === after || before === undefined || after === undefined) return [];
    return [{ below: "spec.versions", what: `first served version ${before} → ${after}` }];
  },
};
