import { boundedProblemItems } from "../kubernetes/problem";
import type { ClusterFacts, CrdFacts } from "./facts";

const NAMED = 3;

/** What a missing right, or a server that did not answer, hides: a sentence each. */
export function describeHidden({ crds, hidden }: ClusterFacts): string[] {
  const forbiddenWebhook =
    (why: RegExp) =>
    ({ webhook }: CrdFacts) =>
      webhook?.answer.state === "forbidden" && why.test(webhook.answer.why);
  return [
    ...ofCrds(
      crds.filter(({ objects }) => objects.state === "forbidden"),
      (names) =>
        `objects of ${names}: not allowed to list them (403); not known how many there are, and whether they can be read`,
    ),
    ...ofCrds(
      crds.filter(forbiddenWebhook(/get an object/)),
      (names) => `the conversion webhook of ${names}: not allowed to get an object (403); not known whether it answers`,
    ),
    ...ofCrds(
      crds.filter(forbiddenWebhook(/Service/)),
      (names) =>
        `the conversion webhook of ${names}: there is no object to have converted, and to ask its Service, create on services/proxy, is not allowed (403)`,
    ),
    ...ofCrds(
      crds.filter(({ webhook }) => webhook?.answer.state === "unknown"),
      (names) => `the conversion webhook of ${names}: it could not be asked; --json says why`,
    ),
    ...hidden,
  ];
}

function ofCrds(crds: readonly CrdFacts[], describe: (names: string) => string): string[] {
  if (crds.length === 0) return [];
  const names = crds.slice(0, NAMED).map(({ name }) => name);
  return [describe(boundedProblemItems(names, crds.length).join(", "))];
}
