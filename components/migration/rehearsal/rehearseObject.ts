import { isDryRunUnsupportedError, ApiError, hasErrorStatus, UserError } from "../../kubernetes/errors";
import type { Schema } from "../../crd/definition";
import { type KubernetesObject, PatchType, type Resource, resourcePath } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { boundedList } from "../../kubernetes/problem";
import { withDefaults } from "../../conversion/defaults";
import { isEqualJson } from "../../conversion/jsonValue";
import { compareObjects, type Differences } from "./compare";

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
  readonly toSchema: Schema | undefined;
}

export interface ObjectRehearsal extends Route {
  readonly cluster: Cluster;
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

/** An object at the old version, what the conversion makes of it, and what is stored then. */
export interface Rewritten {
  readonly original: KubernetesObject;
  readonly converted: KubernetesObject;
  readonly stored: KubernetesObject;
}

/** Fields of the converted object that are not in what is stored. Values that differ are admission's doing. */
export async function rehearseRewriteOfObject(
  rehearsal: Route,
  conversions: Conversions,
  rewritten: Rewritten,
): Promise<string[]> {
  const { lost, changed, emptied } = compareObjects(rewritten.converted, rewritten.stored);
  const taken = takenByAdmission(rehearsal, rewritten.converted, lost);
  const unknown = lost.filter((path) => !taken.includes(path));
  if (emptied.length > 0) unknown.push(...(await lostEmpties(rehearsal, conversions, rewritten)));
  const { version } = rehearsal.to;
  const why = [
    ...(unknown.length > 0 ? [`${version} would lose ${listPaths(unknown)}; add it to the schema of ${version}`] : []),
    ...(taken.length > 0 ? [describeTaken(version, taken)] : []),
  ];
  if (why.length > 0) throw new RehearsalError(why.join("; "));
  return changed.length > 0 ? [`a default or admission would change ${listPaths(changed)} when it is rewritten`] : [];
}

/** Those of the lost paths that the schema of the new version knows; none where there is no schema. */
function takenByAdmission({ toSchema }: Route, converted: KubernetesObject, lost: readonly string[]): string[] {
  if (toSchema === undefined || lost.length === 0) return [];
  const pruned = new Set(compareObjects(converted, converted, toSchema).lost);
  return lost.filter((path) => !pruned.has(path));
}

/** To say that the schema lacks them would send the user to the wrong place. */
function describeTaken(version: string, paths: readonly string[]): string {
  return `the rewrite would lose ${listPaths(paths)}, and not by the schema of ${version}: an admission rule takes it out (or the API server, of an embedded resource's metadata); change that rule, or take it out of the object first`;
}

/**
 * Empty maps and lists of the original that the conversion keeps, and that are gone in what is stored: presence alone may mean
 * something (`selfSigned: {}`). A conversion that always loses them is told of as a warning.
 *
 * @returns their paths in the original
 */
async function lostEmpties(
  { fromSchema }: Route,
  conversions: Conversions,
  { original, converted, stored }: Rewritten,
): Promise<string[]> {
  const missing = async (object: KubernetesObject): Promise<string[]> =>
    compareObjects(original, await conversions.convertBack(object), fromSchema).emptied;
  const gone = await missing(stored);
  if (gone.length === 0) return [];
  const ever = new Set(await missing(converted));
  return gone.filter((path) => !ever.has(path));
}

/** What is stored must have kept them. @throws RehearsalError naming those that it has lost */
export async function checkEmptiesOfObject(
  route: Route,
  conversions: Conversions,
  rewritten: Rewritten,
): Promise<void> {
  const lost = await lostEmpties(route, conversions, rewritten);
  if (lost.length === 0) return;
  throw new RehearsalError(
    `the conversion ${route.from.version} → ${route.to.version} loses ${listPaths(lost)}, empty and there on purpose; correct the webhook`,
  );
}

/** There and back must be where it began, or clients of the old version read something else after the migration. */
export async function checkRoundTripOfObject(
  rehearsal: Route,
  conversions: Conversions,
  original: KubernetesObject,
  converted: KubernetesObject,
): Promise<string[]> {
  checkKept(rehearsal.to, converted);
  const { lost, changed, added, empty } = await compareRoundTrip(rehearsal, conversions, original, converted);
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

/**
 * The new version's defaults are stored as well, and so are on the way back. What they add to the old version is no fault of the
 * conversion. What they change is: a field that it forgets must not be taken for kept since the old version has a default, too.
 */
async function compareRoundTrip(
  { fromSchema, toSchema }: Route,
  conversions: Conversions,
  original: KubernetesObject,
  converted: KubernetesObject,
): Promise<Pick<Differences, "lost" | "changed" | "added" | "empty">> {
  const stored = withDefaults(toSchema, converted) as KubernetesObject;
  const back = await conversions.convertBack(stored);
  const { lost, changed, emptied, added, empty } = compareObjects(original, back, fromSchema);
  if (isEqualJson(stored, converted)) return { lost, changed, added, empty: [...emptied, ...empty] };
  const isOther = new Set(compareObjects(original, stored).changed);
  const rescued = compareObjects(original, back).lost.filter((path) => isOther.has(path) && !lost.includes(path));
  const isMetadata = (path: string): boolean => path.startsWith(".metadata.");
  const mayBeDefaults = [...added, ...empty, ...[...lost, ...changed].filter(isMetadata)].length > 0;
  if (!mayBeDefaults) return { lost, changed: [...changed, ...rescued], added, empty: [...emptied, ...empty] };
  // An annotation may keep what the old version cannot hold, defaults of the new one included.
  const without = compareObjects(original, await conversions.convertBack(converted), fromSchema);
  const both = (those: readonly string[], plain: readonly string[]): string[] =>
    those.filter((path) => !isMetadata(path) || plain.includes(path));
  return {
    lost: both(lost, without.lost),
    changed: [...both(changed, without.changed), ...rescued],
    added: without.added,
    empty: [...emptied, ...without.empty],
  };
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
    if (hasErrorStatus(error, 422)) {
      const found = error.serverMessage.replace(/^\S+ "rehearsal-\w*" is invalid: /, "");
      return [`${to.version} would refuse it if it were created today: ${found}`];
    }
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
  return boundedList(all, PATHS);
}
