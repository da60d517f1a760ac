import { isWebhookConversion } from "../crd/conversion";
import { storageVersion } from "../crd/definition";
import { isNewerObject } from "../kubernetes/api";
import { recordedProof } from "../migration/definition/recordedOnDefinition";
import { describeRefusedRehearsalSample } from "../migration/rehearsal/sample";
import { ManagersByVersion, type ManagerUse } from "../migration/usage/describeUsage";
import { objectsOfRollbackFacts, type RollbackFacts } from "./facts";
import { newerVersions } from "./versions";

/** The managers whose entries in managedFields name a version. */
export interface ClientsOfVersion {
  readonly version: string;
  readonly managers: readonly ManagerUse[];
}

/** Who wrote through newer versions, of the objects that were read. */
export function evidenceOfUse({ live, to, read }: RollbackFacts): ClientsOfVersion[] {
  const found = new ManagersByVersion(live.spec.group);
  for (const { metadata } of objectsOfRollbackFacts(read[storageVersion(live)]) ?? [])
    found.add(metadata.managedFields);
  return newerVersions(live, to)
    .map((version) => ({ version, managers: found.of(version) }))
    .filter(({ managers }) => managers.length > 0);
}

/** A proof says which list held every object of the present storage version; later writes have later resourceVersions. */
export function evidenceOfWrites({ live, to, read }: RollbackFacts): number | undefined {
  const storage = storageVersion(live);
  const proof = recordedProof(live);
  const objects = objectsOfRollbackFacts(read[storage]);
  if (storage === to || proof?.uid !== live.metadata.uid || proof?.storageVersion !== storage) return undefined;
  if (objects === undefined || !/^\d+$/.test(proof.resourceVersion)) return undefined;
  return objects.filter((object) => isNewerObject(object, proof.resourceVersion)).length;
}

/** Objects whose values the older version's schema refuses. A webhook may make others of them. */
export function evidenceOfRefused({ live, to, read }: RollbackFacts): string[] {
  const storage = storageVersion(live);
  const found = read[storage];
  const version = live.spec.versions.find(({ name }) => name === to);
  if (found?.state !== "read" || version === undefined || storage === to || isWebhookConversion(live.spec.conversion))
    return [];
  const resource = { group: live.spec.group, plural: live.spec.names.plural, version: to };
  return describeRefusedRehearsalSample(found, { resource, schema: version.schema?.openAPIV3Schema });
}

/** What the answer does not know, in sentences. */
export function evidenceMissing({ live, to, read, conversion }: RollbackFacts, written: number | undefined): string[] {
  const storage = storageVersion(live);
  const first = read[storage];
  const rest = first?.state === "read" && !first.isAll;
  const isOldOnly = storage === to;
  return [
    ...Object.entries(read).flatMap(([version, found]) =>
      found.state === "read" || found.state === "unreadable"
        ? []
        : [`objects as ${version}: ${describeWhy(found.state)}`],
    ),
    ...(conversion.state === "forbidden"
      ? [`whether the webhook converts to ${to}: not allowed to get an object (403)`]
      : []),
    ...(rest ? [`objects beyond the first ${first.objects.length}: the rehearsal asks about every one`] : []),
    ...(isOldOnly || written !== undefined || first?.state !== "read"
      ? []
      : [`which objects were written since the move to ${storage}: the CRD has no proof of a migration to it`]),
    "clients that only read, and those whose entries in managedFields others have replaced: the audit log has them",
  ];
}

function describeWhy(state: "forbidden" | "not served"): string {
  return state === "forbidden" ? "not allowed to list them (403)" : "it is not served";
}
