import { storageVersion, type Definition } from "../../crd/definition";
import { describeProblem } from "../../kubernetes/problem";
import { caBundleHoldsCertificates } from "./caBundleHoldsCertificates";
import { immutableFields } from "./immutableFields";
import { notBeingDeleted } from "./notBeingDeleted";
import { oneOwner } from "./oneOwner";
import { prunesNothing } from "./prunesNothing";
import { schemaNotNarrowed } from "./schemaNotNarrowed";
import { schemaTightened } from "./schemaTightened";
import { storageStaysServed } from "./storageStaysServed";
import { unservedVersions } from "./unservedVersions";

/** The checks that need manifest and live definition: reasons not to serve, and things worth reading. */
export function checkServe(manifest: Definition, live: Definition | undefined, owner: string, formerOwner?: string) {
  const fields = schemaNotNarrowed(manifest, live);
  const name = manifest.metadata.name;
  const moves = live !== undefined && (storageVersion(live) !== storageVersion(manifest) || isUnproven(live));
  const lost = `${name}: the schema in which objects are stored loses ${fields.join(", ")}`;
  return {
    problems: [
      ...notBeingDeleted(live),
      ...oneOwner(manifest, live, owner, formerOwner),
      ...immutableFields(manifest, live),
      ...storageStaysServed(manifest, live),
      ...prunesNothing(manifest, live),
      ...caBundleHoldsCertificates(manifest),
      ...(moves && fields.length > 0
        ? [
            describeProblem({
              what: lost,
              expected: "every field while its objects are migrated",
              why: "the rewrite would delete these fields from every object",
              next: "narrow it after the migration",
            }),
          ]
        : []),
    ],
    warnings: [
      ...(!moves && fields.length > 0 ? [`${lost}: they are deleted from each object at its next write`] : []),
      ...schemaTightened(manifest, live),
      ...unservedVersions(manifest, live),
    ],
  };
}

/** Objects are still stored in other versions: they are about to be rewritten. */
function isUnproven(live: Definition): boolean {
  return (live.status?.storedVersions ?? []).some((version) => version !== storageVersion(live));
}
