import { isWebhookConversion } from "../../crd/conversion";
import { servedByName } from "../../crd/definition";
import type { Problem } from "../../kubernetes/problem";
import { versionsThatMayBeStored } from "../../migration/definition/mayBeStored";
import type { RollbackFacts } from "../facts";

/** `migrate` refuses them: nobody can see what the webhook makes of what is stored in them. */
export function storedAreServed({ live, to }: RollbackFacts): Problem[] {
  if (!isWebhookConversion(live.spec.conversion)) return [];
  const isServed = servedByName(live);
  const unserved = versionsThatMayBeStored(live, undefined).filter((name) => name !== to && isServed[name] === false);
  if (unserved.length === 0) return [];
  const names = unserved.join(", ");
  return [
    {
      what: `${live.metadata.name}: objects may be stored in ${names}, which is not served`,
      expected: "served: true until every object is migrated",
      why: "nobody can see what the webhook makes of them, and the rewrite would store that",
      next: `serve ${names}, in whatever manages the CRD, and run this command again`,
    },
  ];
}
