import { storageVersion, type Definition } from "../../crd/definition";
import { describeProblem } from "../../kubernetes/problem";
import { versionsThatMayBeStored } from "../../migration/definition/mayBeStored";
import type { ServeInputs } from "../inputs";
import { breaksClients } from "./breaksClients";
import { caBundleHoldsCertificates } from "./caBundleHoldsCertificates";
import { immutableFields } from "./immutableFields";
import { notBeingDeleted } from "./notBeingDeleted";
import { oneOwner } from "./oneOwner";
import { prunesNothing } from "./prunesNothing";
import { schemaNotNarrowed } from "./schemaNotNarrowed";
import { schemaTightened } from "./schemaTightened";
import { storedStaysServed } from "./storedStaysServed";
import { unservedVersions } from "./unservedVersions";

type CheckedInputs = Pick<ServeInputs, "manifest" | "owner" | "__formerOwner" | "acknowledge" | "stopAfter">;

/** The checks that need manifest and live definition: reasons not to serve, and things worth reading. */
export function checkServe(
  { manifest, owner, __formerOwner: formerOwner, acknowledge, stopAfter = "drop" }: CheckedInputs,
  live: Definition | undefined,
) {
  const fields = schemaNotNarrowed(manifest, live);
  const name = manifest.metadata.name;
  const moves = live !== undefined && (storageVersion(live) !== storageVersion(manifest) || isUnproven(live));
  const lost = `${name}: the schema in which objects are stored loses ${fields.join(", ")}`;
  // What a rewrite would delete nobody can accept, so it is said once, and as that.
  const pruned = prunesNothing(manifest, live);
  const refused = [
    ...(moves || pruned.length > 0 ? fields.map((field) => field.replace(/ \(.*$/, "")) : []),
    ...(pruned.length > 0 ? ["spec.conversion.strategy"] : []),
  ];
  const clients = breaksClients(manifest, live, acknowledge, refused);
  return {
    problems: [
      ...notBeingDeleted(live),
      ...oneOwner(manifest, live, owner, formerOwner),
      ...immutableFields(manifest, live),
      ...storedStaysServed(manifest, live, { isRewritten: ["migrate", "drop"].includes(stopAfter) }),
      ...pruned,
      ...caBundleHoldsCertificates(manifest),
      ...clients.problems,
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
    notes: clients.notes,
    warnings: [...clients.warnings, ...schemaTightened(manifest, live), ...unservedVersions(manifest, live)],
  };
}

/** Objects may still be stored in other versions: they are about to be rewritten. */
function isUnproven(live: Definition): boolean {
  return versionsThatMayBeStored(live, undefined).some((version) => version !== storageVersion(live));
}
