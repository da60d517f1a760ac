import type { Version } from "../../../crd/definition";
import type { VersionCheck } from "../../check";
import { describeChange } from "../../describeValue";

type Subresources = Record<string, Record<string, unknown> | null | undefined>;

const subresourcesOf = (version: Version): Subresources => (version["subresources"] ?? {}) as Subresources;

const hasSubresource = (version: Version, name: string): boolean => subresourcesOf(version)[name] != null;

export const subresourceRemoved: VersionCheck = {
  id: "subresource-removed",
  severity: "error",
  explain: "`subresources.status` or `subresources.scale` is gone.",
  why: "Clients of /status or /scale get 404: controllers that report status, `kubectl scale`, HorizontalPodAutoscalers.",
  fix: "Put the subresource back.",
  keys: ["subresources"],
  compare: (old, next) =>
    ["status", "scale"]
      .filter((name) => hasSubresource(old, name) && !hasSubresource(next, name))
      .map((name) => ({ below: `.subresources.${name}`, what: `subresource ${name} → none` })),
};

export const statusSubresourceAdded: VersionCheck = {
  id: "status-subresource-added",
  severity: "error",
  explain: "`subresources.status` is new in a version that was there before. A new `scale` is no finding.",
  why: "A write of the object no longer changes its status, and says nothing: clients that report status so are ignored from now on.",
  fix: "Make each client that reports status write to /status first, or add the subresource in a new version.",
  keys: ["subresources"],
  compare: (old, next) =>
    hasSubresource(next, "status") && !hasSubresource(old, "status")
      ? [{ below: ".subresources.status", what: "subresource none → status" }]
      : [],
};

const PATHS = ["specReplicasPath", "statusReplicasPath", "labelSelectorPath"];

export const scalePathChanged: VersionCheck = {
  id: "scale-path-changed",
  severity: "error",
  explain: "A path of `subresources.scale` is another one or gone. A new `labelSelectorPath` is no finding.",
  why: "`kubectl scale` and autoscalers read and write another field than before, or find no selector.",
  fix: "Keep the path.",
  keys: ["subresources"],
  compare: (old, next) => {
    if (!hasSubresource(old, "scale") || !hasSubresource(next, "scale")) return [];
    const [before, after] = [subresourcesOf(old)["scale"], subresourcesOf(next)["scale"]];
    return PATHS.filter((path) => before?.[path] != null && before[path] !== after?.[path]).map((path) => ({
      below: `.subresources.scale.${path}`,
      what: describeChange(path, before?.[path], after?.[path]),
    }));
  },
};
