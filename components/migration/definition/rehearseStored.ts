import { servedByName, storageVersion, type Definition } from "../../crd/definition";
import type { ClusterWork } from "../../kubernetes/cluster";
import { describeProblem } from "../../kubernetes/problem";
import { conversionGuard } from "../rehearsal/conversionGuard";
import { rehearse as rehearseObjects, type Rehearsal, type RehearsalResult } from "../rehearsal/rehearsal";
import { assertNoneFailed, withFailures } from "../rewrite/failures";
import type { Guard } from "../rewrite/guard";
import { planDefinitionVersionsToRehearse } from "./plan";
import { hasValidRehearsal, recordedRehearsal, type RehearsalRecord } from "./recordedOnDefinition";
import { isWebhookConversion } from "../../crd/conversion";

/** The objects of a CRD, and the version in which all of them are to be stored. */
interface ObjectsOfCrd {
  readonly crd: string;
  readonly version: string;
  /** The user's word that one may be larger than etcd takes by default. */
  readonly mayBeLarge?: boolean;
}

/** The next phase begins within moments, unless resources of `before` come in between. */
const FRESH_MS = 10_000;

/**
 * Once more for what is about to be stored anew: since the rehearsal objects were written, and operators, with them the
 * webhook, may have rolled (`before`, or weeks at stopAfter: "store"); no generation tells of either. Without a webhook what was
 * rehearsed stays right, since the schemas are part of the record, and only what was written since is looked at.
 */
export async function rehearseStoredAgain(objects: ObjectsOfCrd, live: Definition, work: ClusterWork): Promise<void> {
  const { version } = objects;
  const { endedAt = 0, listed } = recordedRehearsal(live) ?? {};
  const flipped = recordedFlip(live, version);
  const isFresh = flipped === undefined && Math.abs(Date.now() - endedAt) < FRESH_MS;
  const isConverted = isWebhookConversion(live.spec.conversion);
  if (isFresh || !(isConverted || hasValidRehearsal(live, version))) return;
  const isNumber = /^\d+$/.test(listed ?? ""); // damaged by hand is as good as none
  const span = { upTo: flipped?.at, since: isConverted || !isNumber ? undefined : listed };
  await rehearseStored(versionsStillStored(live, version), live, objects, work, span);
}

/** From where it was rehearsed the first time: what else was ever stored may not be readable as a version still older. */
function versionsStillStored(live: Definition, version: string): string[] {
  const flipped = recordedFlip(live, version);
  const isServed = servedByName(live);
  if (flipped === undefined || isServed[flipped.from] !== true) return planDefinitionVersionsToRehearse(live, version);
  return [flipped.from, ...(flipped.beside ?? []).filter((name) => isServed[name])];
}

/** Of this very definition: one from before an edit by someone else speaks of another flip. */
function recordedFlip(live: Definition, version: string): RehearsalRecord["flipped"] {
  return hasValidRehearsal(live, version) ? recordedRehearsal(live)?.flipped : undefined;
}

/** A guard sees what one version shows; an object that is stored in another may hold more. */
export function isStoredInSeveral(live: Definition, version: string): boolean {
  return versionsStillStored(live, version).length > 1;
}

/** What each rewrite must leave of an object; undefined where no served version could show objects as they are stored. */
export function guardOfRehearsedStored(
  { version }: Pick<ObjectsOfCrd, "version">,
  live: Definition,
  work: ClusterWork,
): Guard | undefined {
  const [from] = versionsStillStored(live, version);
  if (from === undefined) return undefined;
  const upTo = recordedFlip(live, version)?.at;
  return conversionGuard(work.cluster, { definition: live, from, to: version, upTo }, work);
}

/** For every live object at each of these versions. @throws UserError naming the objects that would fail */
export async function rehearseStored(
  versions: string[],
  live: Definition,
  { crd, version, mayBeLarge = false }: ObjectsOfCrd,
  work: ClusterWork,
  span: Pick<Rehearsal, "since" | "upTo"> = {},
): Promise<RehearsalResult[]> {
  const clean: RehearsalResult[] = [];
  const done =
    storageVersion(live) === version
      ? "storage has flipped; what was rewritten so far was rewritten without a loss"
      : "nothing was flipped or rewritten";
  for (const from of versions) {
    const rehearsal = { definition: live, from, to: version, mayBeLarge, ...span };
    const result = await rehearseObjects(work.cluster, rehearsal, work);
    const { failedCount, objects } = result;
    assertNoneFailed(result, {
      what: `${crd}: rehearsal ${from} → ${version}: ${failedCount} of ${objects} objects would fail; ${done}`,
      next: "fix these objects (or the conversion) and run `pulumi up` again",
    });
    clean.push(result);
  }
  return clean;
}

/** What clean rehearsals found that is worth reading. */
export function rehearseStoredWarnings(clean: readonly RehearsalResult[]): string[] {
  return clean.flatMap(({ notChecked, warnings, warningCount }) => [
    ...notChecked.map((sentence) => `not checked: ${sentence}`),
    ...(warningCount > 0
      ? [describeProblem(withFailures({ what: `${warningCount} objects to look at` }, warnings, warningCount))]
      : []),
  ]);
}
