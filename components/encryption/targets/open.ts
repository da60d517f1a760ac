import type { OpenTarget, TargetArgs } from "./target";

/** Checks the arguments (UserError). Connects only when first asked for something. */
export function openTarget(_args: TargetArgs): Promise<OpenTarget> {
  throw new Error("not there yet");
}

/** Opens all targets for `work` and closes them whatever comes of it. */
export async function withTargets<T>(
  args: readonly TargetArgs[],
  work: (targets: OpenTarget[]) => Promise<T>,
): Promise<T> {
  const targets: OpenTarget[] = [];
  try {
    for (const each of args) targets.push(await openTarget(each));
    return await work(targets);
  } finally {
    await Promise.all(targets.map((target) => target.close()));
  }
}
