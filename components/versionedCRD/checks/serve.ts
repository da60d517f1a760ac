import { storageVersion, type Definition } from "../../crd/definition";
import { deleting } from "./deleting";
import { immutable } from "./immutable";
import { mayNotPrune } from "./mayNotPrune";
import { narrowed } from "./narrowed";
import { oneOwner } from "./oneOwner";
import { storageStaysServed } from "./storageStaysServed";
import { tightened } from "./tightened";
import { unserved } from "./unserved";

/** The checks that need manifest and live definition: reasons not to serve, and things worth reading. */
export function checkServe(manifest: Definition, live: Definition | undefined, owner: string, formerOwner?: string) {
  const fields = narrowed(manifest, live);
  const name = manifest.metadata.name;
  const moves = live !== undefined && (storageVersion(live) !== storageVersion(manifest) || isUnproven(live));
  const lost = `${name}: the schema in which objects are stored loses ${fields.join(", ")}`;
  return {
    problems: [
      ...deleting(live),
      ...oneOwner(manifest, live, owner, formerOwner),
      ...immutable(manifest, live),
      ...storageStaysServed(manifest, live),
      ...mayNotPrune(manifest, live),
      ...(moves && fields.length > 0
        ? [
            `${lost}; expected it whole while its objects are migrated, because the rewrite would delete these fields from every object; narrow it after the migration`,
          ]
        : []),
    ],
    warnings: [
      ...(!moves && fields.length > 0 ? [`${lost}: they are deleted from each object at its next write`] : []),
      ...tightened(manifest, live),
      ...unserved(manifest, live),
    ],
  };
}

/** Objects are still stored in other versions: they are about to be rewritten. */
function isUnproven(live: Definition): boolean {
  return (live.status?.storedVersions ?? []).some((version) => version !== storageVersion(live));
}
