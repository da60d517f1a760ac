export { checkTarget } from "./checkTarget";
export { openTarget, withTargets } from "./open";
export type {
  CommandsTargetArgs,
  FileTargetArgs,
  OpenTarget,
  Reloadable,
  SshArgs,
  SshTargetArgs,
  TargetArgs,
} from "./target";
export { readAll, reloadAll, restoreAll, writeAll, type TargetsText as Held, type Written } from "./allTargets";
