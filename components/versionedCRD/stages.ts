import {
  storageVersion,
  versionNamesOfDefinition,
  type Conversion,
  type Definition,
  type Version,
} from "../crd/definition";
import { OWNER_ANNOTATION } from "../crd/names";
import { fieldsWeOwn } from "./fieldsWeOwn";
import { isWebhookConversion } from "../crd/conversion";

/**
 * The definitions a rollout passes through. Each is the complete intent for one server-side apply: what a stage leaves
 * out, the API server would remove.
 */

/** The new versions are there and served; storage has not moved and no version has gone. */
export function servedStage(manifest: Definition, live: Definition | undefined, owner: string): Definition {
  const intent = withOwner(manifest, owner);
  if (live === undefined) return intent;
  const storage = storageVersion(live);
  const leftover = withdrawnVersions(live, versionNamesOfDefinition(manifest));
  const versions = inLiveOrder([...manifest.spec.versions, ...leftover], live).map((version) => ({
    ...version,
    storage: version.name === storage,
  }));
  return { ...intent, spec: { ...intent.spec, versions, ...keptConversion(manifest, live, leftover) } };
}

/** `version` is the storage version; nothing else differs. */
export function storedStage(live: Definition, version: string): Definition {
  return withVersions(live, (versions) => versions.map((each) => ({ ...each, storage: each.name === version })));
}

/** The withdrawn versions answer no request any more, but what is stored can still be converted. */
export function unservedStage(live: Definition, names: string[]): Definition {
  return withVersions(live, (versions) =>
    versions.map((each) => (names.includes(each.name) ? { ...each, served: false } : each)),
  );
}

/** The withdrawn versions are gone, and the conversion is the manifest's. */
export function removedStage(live: Definition, names: string[], conversion: Conversion | undefined): Definition {
  const intent = withVersions(live, (versions) => versions.filter((each) => !names.includes(each.name)));
  const { conversion: _live, ...spec } = intent.spec;
  return { ...intent, spec: { ...spec, ...(conversion && { conversion }) } };
}

/** Removed versions are back, unserved, with the conversion that knew them: what is stored in them can be read again. */
export function restoredStage(live: Definition, versions: Version[], conversion: Conversion | null): Definition {
  const intent = withVersions(live, (there) => [...there, ...versions.map((each) => ({ ...each, served: false }))]);
  return { ...intent, spec: { ...intent.spec, ...(conversion && { conversion }) } };
}

/** Enough of a version to read what is stored in it: nothing is pruned, nothing is served. */
export function placeholderInStage(name: string): Version {
  const openAPIV3Schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return { name, served: false, storage: false, schema: { openAPIV3Schema } };
}

/** The live versions that the manifest no longer names. */
export function withdrawnVersions(live: Definition, manifest: string[]): Version[] {
  return live.spec.versions.filter((version) => !manifest.includes(version.name));
}

function withVersions(live: Definition, change: (versions: Version[]) => Version[]): Definition {
  const { metadata, spec } = fieldsWeOwn(live);
  return {
    apiVersion: live.apiVersion,
    kind: live.kind,
    metadata: { ...metadata, name: live.metadata.name },
    spec: { ...spec, versions: change(live.spec.versions) } as Definition["spec"],
  };
}

/** A manifest may let go of version and webhook in one edit; the webhook is needed until drop has removed the version. */
function keptConversion(manifest: Definition, live: Definition, leftover: Version[]): { conversion?: Conversion } {
  const kept = fieldsWeOwn(live).spec?.conversion;
  const keep = leftover.length > 0 && !isWebhookConversion(manifest.spec.conversion) && isWebhookConversion(kept);
  return keep && kept !== undefined ? { conversion: kept } : {};
}

/**
 * The order of spec.versions means nothing, but a new one would be an edit, and every edit closes all watches.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#version-priority
 */
function inLiveOrder(versions: Version[], live: Definition): Version[] {
  const names = versionNamesOfDefinition(live);
  const rank = ({ name }: Version): number => (names.includes(name) ? names.indexOf(name) : names.length);
  return [...versions].sort((left, right) => rank(left) - rank(right));
}

function withOwner(manifest: Definition, owner: string): Definition {
  const annotations = { ...manifest.metadata.annotations, [OWNER_ANNOTATION]: owner };
  return { ...manifest, metadata: { ...manifest.metadata, annotations } };
}
