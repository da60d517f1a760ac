export { checkTarget } from "./checkTarget";
export { openTarget, withOpenTargets } from "./open";
export type {
  CommandsTargetArgs,
  FileTargetArgs,
  OpenTarget,
  Reloadable,
  SshArgs,
  SshTargetArgs,
  TargetArgs,
} from "./target";
export {
  readAllTargets,
  reloadAllTargets,
  restoreAllTargets,
  writeAllTargets,
  type TargetsText as Held,
  type Written,
} from "./allTargets";
