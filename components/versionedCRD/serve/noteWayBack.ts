import { schemaOfDefinition, storageVersion, versionNamesOfDefinition, type Definition } from "../../crd/definition";
import { prunedFields } from "../../compatibility/prunedFields";
import { isWebhookConversion } from "../../crd/conversion";
import { compareVersionNames, isNewerVersion } from "../../crd/versionNames";
import { boundedProblemItems } from "../../kubernetes/problem";
import { howToAskForWayBack } from "../../rollback/howToAsk";

const SHOWN = 5;

/** Where the manifest goes back to an older version: what only the newer one holds, and which command tells more. */
export function noteWayBack(manifest: Definition, live: Definition | undefined): string[] {
  const to = storageVersion(manifest);
  const from = live === undefined ? undefined : newerVersionLeft(manifest, live);
  if (live === undefined || from === undefined) return [];
  const lost = prunedFields(schemaOfDefinition(live, from), schemaOfDefinition(manifest, to));
  const named = boundedProblemItems(lost.slice(0, SHOWN), lost.length).join(", ");
  const decides = isWebhookConversion(manifest.spec.conversion) ? ", and the webhook decides what becomes of it" : "";
  const fields =
    lost.length === 0 ? `, whose schema holds every field of ${from}` : `: only ${from} holds ${named}${decides}`;
  return [`back from ${from} to ${to}${fields}; ${howToAskForWayBack(manifest.metadata.name, to)} tells more`];
}

/** The storage version, or one that leaves although objects may be stored in it, where it is newer than the one to come. */
function newerVersionLeft(manifest: Definition, live: Definition): string | undefined {
  const to = storageVersion(manifest);
  const kept = versionNamesOfDefinition(manifest);
  const gone = (live.status?.storedVersions ?? []).filter((name) => !kept.includes(name));
  return [storageVersion(live), ...gone.sort(compareVersionNames).reverse()].find((name) => isNewerVersion(name, to));
}
