import { type CrdFacts, describeSampleFacts } from "../facts";
import type { Finding } from "../finding";
import { describeCount } from "../../kubernetes/count";

/** The garbage collector looks an owner up by its apiVersion: at one that is not served it finds none, and collects nothing. */
export function ownerReferencesServed({ sample }: CrdFacts): Finding[] {
  const found = Object.entries(sample?.ownerReferences ?? {});
  if (sample === undefined || found.length === 0) return [];
  return [
    {
      verdict: "ok",
      problem: {
        what: `owner references name a version that is not served${describeSampleFacts(sample)}`,
        items: found.map(([reference, objects]) => `${reference}: ${describeCount(objects, "object")}`),
        expected: "served versions only",
        why: "these objects are never collected, and a foreground deletion of their owner hangs",
        next: "have the controller that made them write the owner's served apiVersion",
      },
    },
  ];
}
