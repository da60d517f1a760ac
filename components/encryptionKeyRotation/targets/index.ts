export { checkTarget } from "./checkTarget";
export { openTarget, withOpenTargets } from "./open";
export type {
  CommandsTargetArgs,
  FileTargetArgs,
  LastLook,
  OpenTarget,
  Reloadable,
  SshArgs,
  SshTargetArgs,
  TargetArgs,
} from "./target";
export { readAllTargets, reloadAllTargets, type TargetsText as Held } from "./allTargets";
export { restoreAllTargets, writeAllTargets, type TargetsEdit, type Written } from "./writeTargets";
