import { UserError } from "../../kubernetes/errors";
import type { PhaseWork } from "../../provider/phaseLogic";
import { labelKeyName } from "../configuration/keyNames";
import type { RetireInputs } from "../inputs";
import type { RotationFacts } from "../rotationFacts";
import { countPrefixesByResource, describePrefixCounts, prefixToCount } from "./countPrefixes";

/** Where etcd itself may be asked, its bytes have the last word before a key goes. */
export async function refuseOtherKeys(
  { audit, desired }: RetireInputs,
  work: PhaseWork,
  { resources }: RotationFacts,
): Promise<void> {
  const expected = prefixToCount(desired.write) || "identity";
  for (const [resource, counts] of Object.entries(await countPrefixesByResource(audit, resources, work.signal))) {
    const others = Object.keys(counts).filter((prefix) => prefix !== expected);
    if (others.length === 0) continue;
    throw new UserError({
      what: `${resource}: etcd holds ${describePrefixCounts(counts)}; nothing is retired`,
      expected: `${expected} alone, since every object was proven to be under ${labelKeyName(desired.write)}`,
      next: "find out who else writes to this etcd, and run `pulumi up` again",
    });
  }
}
