import { isWebhookConversion } from "../../crd/conversion";
import { servedByName, storageVersion, type Definition } from "../../crd/definition";
import { describeProblem, type Problem } from "../../kubernetes/problem";
import { versionsThatMayBeStored } from "../../migration/definition/mayBeStored";
import { servedStage } from "../stages";

/**
 * The rehearsal reads each object through the version in which it may be stored, and so do the clients of today. Such a version can
 * be unserved once every object is migrated.
 *
 * @param isRewritten this rollout is not held before migrate: only then does it matter what is not served already
 */
export function storedStaysServed(
  manifest: Definition,
  live: Definition | undefined,
  { isRewritten }: { isRewritten: boolean },
): string[] {
  if (live === undefined) return [];
  const intent = servedStage(manifest, live, "");
  const isServed = servedByName(live);
  const willBe = servedByName(intent);
  return versionsThatMayBeStored(live, undefined)
    .filter((version) => version !== storageVersion(manifest) && willBe[version] === false)
    .filter((version) => isServed[version] === true || (isRewritten && isWebhookConversion(intent.spec.conversion)))
    .map((version) => describeProblem(whyServed(manifest, live, version, isServed[version] === true)));
}

function whyServed(manifest: Definition, live: Definition, version: string, isServedNow: boolean): Problem {
  const { name } = manifest.metadata;
  if (!isServedNow) {
    return {
      what: `${name}: objects may be stored in ${version}, which is not served`,
      expected: "served: true until every object is migrated",
      why: "nobody can see what the webhook makes of them, and the rewrite would store that",
      next: `have ${version} in the manifest with served: true, run \`pulumi up\`, then unserve or remove it`,
    };
  }
  const stored = version === storageVersion(live) ? "still the live storage version" : "objects may be stored in it";
  return {
    what: `${name}: spec.versions: ${version} is served: false but ${stored}`,
    expected: "served: true until every object is migrated",
    next: "keep served: true, run `pulumi up`, then unserve or remove it",
  };
}
