import { isDryRunUnsupportedError, ApiError, hasErrorStatus, UserError } from "../../kubernetes/errors";
import type { Schema } from "../../crd/definition";
import { type KubernetesObject, PatchType, type Resource, resourcePath } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { compareObjects } from "./compare";

/** How an object gets from the storage version to the next and back; undefined where nothing but the API server can do it. */
export interface Conversions {
  convert(object: KubernetesObject): Promise<KubernetesObject>;
  convertBack(object: KubernetesObject): Promise<KubernetesObject>;
}

/** From the endpoint of the version in storage to that of the next. */
export interface Route {
  readonly from: Resource;
  readonly to: Resource;
  readonly fromSchema: Schema | undefined;
}

export interface ObjectRehearsal extends Route {
  readonly cluster: Cluster;
  readonly toSchema: Schema | undefined;
  /** etcd takes more than its default, by the user's word. */
  readonly mayBeLarge: boolean;
  readonly signal: AbortSignal;
  /** Notes what could not be looked at for one object. */
  notChecked(what: string): void;
}

const CHANGED_MEANWHILE = 3;
const PATHS = 5;

/** Why the migration must not begin while this object is as it is. */
export class RehearsalError extends UserError {}

/** The rewrite as it would be, dry. @returns the server's answer, or undefined where it could not be asked */
export async function dryRewriteObject(
  rehearsal: ObjectRehearsal,
  listed: KubernetesObject,
): Promise<{ listed: KubernetesObject; answer: KubernetesObject }> {
  const { cluster, from, to, signal } = rehearsal;
  let object = listed;
  for (let tried = 1; ; tried++) {
    const answer = await patchForRehearsal(rehearsal, resourcePath(to, object.metadata));
    const moved = answer.metadata.resourceVersion !== object.metadata.resourceVersion;
    // Its owner wrote it since the list: what we compare must be one and the same state.
    if (!moved || tried === CHANGED_MEANWHILE) return { listed: object, answer };
    const path = resourcePath(from, object.metadata);
    object = await cluster.call<KubernetesObject>({ method: "GET", path, signal });
  }
}

async function patchForRehearsal(rehearsal: ObjectRehearsal, path: string): Promise<KubernetesObject> {
  try {
    return await rehearsal.cluster.call<KubernetesObject>({
      method: "PATCH",
      path,
      query: { dryRun: "All" },
      body: {},
      contentType: PatchType.merge,
      signal: rehearsal.signal,
    });
  } catch (error) {
    if (!isDryRunUnsupportedError(error)) throw error;
    rehearsal.notChecked("whether the rewrite is accepted: an admission webhook does not support dry runs");
    // A read through the new version is converted and pruned just the same: what would be lost still shows.
    return rehearsal.cluster.call<KubernetesObject>({ method: "GET", path, signal: rehearsal.signal });
  }
}

/** Fields of the converted object that the new version's schema would prune. Values that differ are admission's doing. */
export function rehearseRewriteOfObject(converted: KubernetesObject, answer: KubernetesObject, to: Resource): string[] {
  const { lost, changed } = compareObjects(converted, answer);
  if (lost.length > 0) {
    throw new RehearsalError(`${to.version} would lose ${listPaths(lost)}; add it to the schema of ${to.version}`);
  }
  return changed.length > 0 ? [`a default or admission would change ${listPaths(changed)} when it is rewritten`] : [];
}

/** There and back must be where it began, or clients of the old version read something else after the migration. */
export async function checkRoundTripOfObject(
  rehearsal: Route,
  conversions: Conversions,
  original: KubernetesObject,
  converted: KubernetesObject,
): Promise<string[]> {
  checkKept(rehearsal.to, converted);
  const back = await conversions.convertBack(converted);
  const { lost, changed, added, ...differs } = compareObjects(original, back, rehearsal.fromSchema);
  const empty = [...differs.emptied, ...differs.empty];
  const wrong = [
    ...(lost.length > 0 ? [`loses ${listPaths(lost)}`] : []),
    ...(changed.length > 0 ? [`changes ${listPaths(changed)}`] : []),
    ...(added.length > 0 ? [`adds ${listPaths(added)}`] : []),
  ];
  const trip = `the conversion ${rehearsal.from.version} → ${rehearsal.to.version} → ${rehearsal.from.version}`;
  if (wrong.length > 0) {
    const next = nextStep(rehearsal, [...lost, ...changed, ...added]);
    throw new RehearsalError(`${trip} ${wrong.join(", ")}; ${next}`);
  }
  return empty.length > 0 ? [`${trip} does not keep empty values: ${listPaths(empty)}`] : [];
}

/** What our own conversions sealed for this version waits until a key opens it: for ever, once no older version is converted. */
function checkKept({ group, version }: Resource, { metadata }: KubernetesObject): void {
  const annotation = `conversion.${group}/${version}`;
  if (metadata.annotations?.[annotation]?.includes('"sealed"') !== true) return;
  throw new RehearsalError(
    `${version} would lack what annotation ${annotation} keeps sealed for it; expected the webhook to open it; give it every key that objects were sealed with, or take out the annotation if it is nobody's`,
  );
}

/** Our own conversions drop what an edit has outdated; from outside that is no different from a conversion that ignores it. */
function nextStep({ from, to }: Route, wrong: readonly string[]): string {
  const kept = `.metadata.annotations.conversion.${from.group}/`;
  if (!wrong.every((path) => path.startsWith(kept))) return "correct the webhook";
  return `if an edit through ${from.version} has taken the place of what is kept there, write the object once through ${to.version}, say a label (kubectl label ${from.plural}.${to.version}.${from.group} …); else correct the webhook`;
}

/**
 * Would it be accepted if it were created today? A rewrite lets an unchanged object pass that violates the new schema
 * (ratcheting, https://kep.k8s.io/4008); a create does not.
 */
export async function checkSchemaOfObject(rehearsal: ObjectRehearsal, converted: KubernetesObject): Promise<string[]> {
  const { cluster, to, signal } = rehearsal;
  const { namespace, labels, annotations } = converted.metadata;
  const metadata = { generateName: "rehearsal-", labels, annotations, ...(namespace !== undefined && { namespace }) };
  const place = namespace === undefined ? {} : { namespace };
  try {
    await cluster.call({
      method: "POST",
      path: resourcePath(to, place),
      query: { dryRun: "All" },
      body: { ...converted, metadata },
      signal,
    });
    return [];
  } catch (error) {
    if (hasErrorStatus(error, 422))
      return [`${to.version} would refuse it if it were created today: ${error.serverMessage}`];
    const why = whyNoCreate(error);
    if (why === undefined) throw error;
    rehearsal.notChecked(`whether the schema of ${to.version} would accept it as new: ${why}`);
    return [];
  }
}

function whyNoCreate(error: unknown): string | undefined {
  if (isDryRunUnsupportedError(error)) return "an admission webhook does not support dry runs";
  if (!(error instanceof ApiError)) return undefined;
  if (error.status === 403 && /cannot create resource/.test(error.serverMessage))
    return "create is not allowed to this user";
  if (error.status === 403) return "admission refuses a create (a quota, a policy, a namespace that is being deleted)";
  return error.status >= 400 && error.status < 429 ? `the server answered ${error.status} to a create` : undefined;
}

function listPaths(all: readonly string[]): string {
  const more = all.length > PATHS ? ` and ${all.length - PATHS} more` : "";
  return `${all.slice(0, PATHS).join(", ")}${more}`;
}
