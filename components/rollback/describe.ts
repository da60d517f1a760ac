import { describeReadSample } from "../migration/rehearsal/sample";
import type { ObjectsRead } from "./facts";
import type { FieldUse } from "./lostFields";
import { describeCount } from "../kubernetes/count";

/** `all 3 objects read`, or why there is nothing to say. */
export function describeLooked(read: ObjectsRead): string {
  if (read.state === "forbidden") return "objects not looked at: not allowed to list them (403)";
  if (read.state === "not served") return "objects not looked at: it is not served";
  if (read.state === "unreadable") return "objects not looked at: they cannot be listed";
  return read.objects.length === 0 ? "there is no object" : describeReadSample(read);
}

/** `.spec.tier: 2 objects`. */
export function describeFieldUse({ field, objects }: FieldUse): string {
  if (objects === undefined) return field;
  return `${field}: ${objects === 0 ? "no object" : describeCount(objects, "object")}`;
}
