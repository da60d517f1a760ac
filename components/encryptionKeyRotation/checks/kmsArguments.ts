import type { RotationInput } from "../desiredKeys";
import { everyKey } from "./everyKey";
import { kmsProblems } from "./kmsProblems";

export function kmsArguments(args: RotationInput): string[] {
  return everyKey(args).flatMap(({ key, path }) => {
    if (typeof key !== "object" || !("kms" in key)) return [];
    const { name, endpoint = args.fileless === true ? "unix:" : "", timeout } = key.kms;
    return kmsProblems({ version: "v2", name, endpoint, ...(timeout !== undefined && { timeout }) }, `${path}.kms`);
  });
}
