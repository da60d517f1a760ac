import type { Version } from "../../../crd/definition";
import type { VersionCheck } from "../../check";

const selectablePathsOf = (version: Version): string[] =>
  ((version["selectableFields"] ?? []) as { jsonPath: string }[]).map(({ jsonPath }) => jsonPath);

export const selectableFieldRemoved: VersionCheck = {
  id: "selectable-field-removed",
  severity: "error",
  explain: "A field of `selectableFields` is gone.",
  why: "Lists and watches with a field selector on it are refused: controllers that watch so stand still.",
  fix: "Put the field back.",
  keys: ["selectableFields"],
  compare: (old, next) => {
    const after = new Set(selectablePathsOf(next));
    return selectablePathsOf(old)
      .filter((path) => !after.has(path))
      .map((path) => ({ below: `.selectableFields${path}`, what: `selectable field ${path} → none` }));
  },
};
