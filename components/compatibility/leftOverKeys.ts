import { canonicalText } from "../crd/canonical";
import { makeFindingOfCheck } from "./check";
import { unhandled } from "./checks/unhandled";
import { describeChange } from "./describeValue";
import type { Finding } from "./finding";

/**
 * What differs to the API server and no check has consumed, an error each: a keyword that Kubernetes adds tomorrow is seen
 * today. `old` and `next` are the same node of both sides.
 */
export function leftOverKeys(path: string, old: object, next: object, consumed: ReadonlySet<string>): Finding[] {
  const [before, after] = [old, next] as Record<string, unknown>[] as [
    Record<string, unknown>,
    Record<string, unknown>,
  ];
  const keys = new Set([...Object.keys(old), ...Object.keys(next)]);
  return [...keys]
    .filter(
      (key) => !consumed.has(key) && canonicalText({ [key]: before[key] }) !== canonicalText({ [key]: after[key] }),
    )
    .map((key) => makeFindingOfCheck(unhandled, path, describeChange(key, before[key], after[key])));
}
