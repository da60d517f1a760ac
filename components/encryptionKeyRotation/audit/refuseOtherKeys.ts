import { UserError } from "../../kubernetes/errors";
import type { PhaseWork } from "../../provider/phaseLogic";
import { etcdPrefix, keyLabel } from "../configuration/keyNames";
import type { RetireInputs } from "../inputs";
import type { RotatedResource } from "../proof/resources";
import type { RotationFacts } from "../rotationFacts";
import { countPrefixes, type PrefixCounts } from "./countPrefixes";
import type { EtcdArgs } from "./etcdGateway";

/** By resource, what its objects' bytes begin with; nothing without `audit`. */
export async function countByResource(
  etcd: EtcdArgs | undefined,
  resources: readonly RotatedResource[],
  signal?: AbortSignal,
): Promise<Record<string, PrefixCounts>> {
  if (etcd === undefined) return {};
  const counted: Record<string, PrefixCounts> = {};
  for (const { name, group, plural } of resources) counted[name] = await countPrefixes(etcd, { group, plural }, signal);
  return counted;
}

export function describeCounts(counts: PrefixCounts): string {
  const each = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
  return each.length === 0 ? "no object" : each.map(([prefix, count]) => `${count} ${prefix}`).join(", ");
}

/** Where etcd itself may be asked, its bytes have the last word before a key goes. */
export async function refuseOtherKeys(
  { audit, desired }: RetireInputs,
  work: PhaseWork,
  { resources }: RotationFacts,
): Promise<void> {
  const expected = etcdPrefix(desired.write) || "identity";
  for (const [resource, counts] of Object.entries(await countByResource(audit, resources, work.signal))) {
    const others = Object.keys(counts).filter((prefix) => prefix !== expected);
    if (others.length === 0) continue;
    throw new UserError({
      what: `${resource}: etcd holds ${describeCounts(counts)}; nothing is retired`,
      expected: `${expected} alone, since every object was proven to be under ${keyLabel(desired.write)}`,
      next: "find out who else writes to this etcd, and run `pulumi up` again",
    });
  }
}
