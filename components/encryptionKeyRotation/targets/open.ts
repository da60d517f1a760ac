import { runCommand } from "../../programs/runCommand";
import { checkTarget } from "./checkTarget";
import { CommandsTarget } from "./commands";
import { FileTarget } from "./file";
import { SshTarget } from "./ssh";
import type { OpenTarget, TargetArgs } from "./target";
import { LARGEST_BYTES } from "./text";

const RELOAD_TIMEOUT_SECONDS = 120;

/** Checks the arguments (UserError). Connects only when first asked for something. */
export function openTarget(args: TargetArgs, where?: string): OpenTarget {
  checkTarget(args, where);
  if ("ssh" in args) return new SshTarget(args.ssh, args.reload, `${where ?? "target"}.ssh`);
  const target = "file" in args ? new FileTarget(args.file) : new CommandsTarget(args.commands);
  return args.reload === undefined ? target : withLocalReload(target, args.reload);
}

function withLocalReload(target: OpenTarget, argv: readonly string[]): OpenTarget {
  return Object.assign(target, {
    reload: async (): Promise<void> => {
      const what = `${target.name}, reload`;
      await runCommand({ what, argv, timeoutSeconds: RELOAD_TIMEOUT_SECONDS, largestResult: LARGEST_BYTES });
    },
  });
}

/** Opens all targets for `work` and closes them whatever comes of it. */
export async function withOpenTargets<T>(
  args: readonly TargetArgs[],
  work: (targets: OpenTarget[]) => Promise<T>,
): Promise<T> {
  const targets: OpenTarget[] = [];
  try {
    for (const [index, each] of args.entries()) targets.push(openTarget(each, `targets[${index}]`));
    return await work(targets);
  } finally {
    await Promise.all(targets.map((target) => target.close()));
  }
}
