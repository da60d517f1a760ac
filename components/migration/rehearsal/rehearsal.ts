import { schemaOfDefinition, type Definition } from "../../crd/definition";
import { isNewerObject, type KubernetesObject, objectName, resourcePath } from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import type { Work } from "../../kubernetes/report";
import { type Failure, NAMED_FAILURES } from "../rewrite/failures";
import { forEachObject } from "../rewrite/forEachObject";
import { BatchedConversion } from "./batchedConversion";
import {
  rehearseRewriteOfObject,
  checkRoundTripOfObject,
  checkSchemaOfObject,
  type Conversions,
  dryRewriteObject,
  type ObjectRehearsal,
  type Route,
} from "./rehearseObject";
import { checkStoredSize } from "./storedSize";
import { isWebhookConversion } from "../../crd/conversion";
import { describeCount } from "../../kubernetes/count";

export interface RehearsalResult {
  readonly objects: number;
  /** resourceVersion of the list: what is newer was not looked at, or not as it is now. */
  readonly listed: string;
  /** Objects that the migration would lose, damage or leave behind: the first ten. */
  readonly failed: readonly Failure[];
  readonly failedCount: number;
  /** Objects that the new schema would refuse if they were created today, or that admission changes: the first ten. */
  readonly warnings: readonly Failure[];
  readonly warningCount: number;
  /** What could not be looked at, and why, as sentences. */
  readonly notChecked: readonly string[];
  readonly seconds: number;
}

export interface Rehearsal {
  /** The live CRD, with the new version served in it. */
  readonly definition: Definition;
  /** A version in which objects may be stored. */
  readonly from: string;
  /** The storage version to be. */
  readonly to: string;
  /** resourceVersion after which nothing written is looked at: it is stored as `to` already. All objects where absent. */
  readonly upTo?: string | undefined;
  /** resourceVersion up to which everything was looked at before, and is as it was. All objects where absent. */
  readonly since?: string | undefined;
  /** Objects may be larger than etcd takes by default, by the user's word. */
  readonly mayBeLarge?: boolean;
}

/**
 * For every live object: would its rewrite be accepted, and is anything lost by it? Writes nothing.
 *
 * Whole objects are listed at the version in which they are stored, where none needs a conversion, so that one which the conversion
 * rejects does not break the list.
 */
export async function rehearse(cluster: Cluster, rehearsal: Rehearsal, work: Work): Promise<RehearsalResult> {
  const notes = new Notes();
  const one = objectRehearsal(cluster, rehearsal, work, notes);
  const conversions = conversionsOfRehearsal(cluster, rehearsal, work);
  const { since, upTo } = rehearsal;
  const full = since === undefined; // else few of them, one by one
  const read = (listed: KubernetesObject): Promise<KubernetesObject> =>
    cluster.call({ method: "GET", path: resourcePath(one.from, listed.metadata), signal: work.signal });
  const walked = await forEachObject(
    cluster,
    one.from,
    async (listed) => {
      const object = full ? listed : await read(listed);
      for (const warning of await rehearseObject(one, conversions, completeForRehearsal(object, rehearsal)))
        notes.warn(listed, warning);
    },
    {
      ...work,
      doing: "rehearsing",
      full,
      isDone: (listed) => isNewerObject(listed, upTo) || (since !== undefined && !isNewerObject(listed, since)),
    },
  );
  return {
    objects: walked.visited - walked.gone,
    listed: walked.listResourceVersion,
    failed: walked.failed,
    failedCount: walked.failedCount,
    warnings: notes.warnings,
    warningCount: notes.warningCount,
    notChecked: notes.sentences(),
    seconds: walked.seconds,
  };
}

function objectRehearsal(cluster: Cluster, rehearsal: Rehearsal, work: Work, notes: Notes): ObjectRehearsal {
  return {
    cluster,
    ...routeOfRehearsal(rehearsal),
    mayBeLarge: rehearsal.mayBeLarge === true,
    signal: work.signal,
    notChecked: (what) => notes.notChecked(what),
  };
}

export function routeOfRehearsal({ definition, from, to }: Rehearsal): Route {
  const { group, names } = definition.spec;
  const resource = { group, plural: names.plural };
  return {
    from: { ...resource, version: from },
    to: { ...resource, version: to },
    fromSchema: schemaOfDefinition(definition, from),
    toSchema: schemaOfDefinition(definition, to),
  };
}

/** Items of a list may come without what they all share. */
export function completeForRehearsal(listed: KubernetesObject, { definition, from }: Rehearsal): KubernetesObject {
  const { group, names } = definition.spec;
  return { ...listed, apiVersion: `${group}/${from}`, kind: names.kind };
}

/** Steps in the order in which they can say no; the first that does is what is reported. */
async function rehearseObject(
  rehearsal: ObjectRehearsal,
  conversions: Conversions,
  object: KubernetesObject,
): Promise<string[]> {
  const { listed, answer } = await dryRewriteObject(rehearsal, object);
  // A right that is missing here (services/proxy) fails the rehearsal: unchecked is not clean.
  const converted = await conversions.convert(listed);
  return [
    ...checkStoredSize(listed, answer, rehearsal),
    ...(await rehearseRewriteOfObject(rehearsal, conversions, { original: listed, converted, stored: answer })),
    ...(await checkRoundTripOfObject(rehearsal, conversions, listed, converted)),
    ...(await checkSchemaOfObject(rehearsal, converted)),
  ];
}

/** With None only the apiVersion changes; the API server then prunes what the other schema does not know. */
export function conversionsOfRehearsal(cluster: Cluster, { definition, from, to }: Rehearsal, work: Work): Conversions {
  const { group, conversion } = definition.spec;
  const clientConfig = conversion?.webhook?.clientConfig;
  if (!isWebhookConversion(conversion) || clientConfig === undefined) {
    return {
      convert: (object) => Promise.resolve({ ...object, apiVersion: `${group}/${to}` }),
      convertBack: (object) => Promise.resolve({ ...object, apiVersion: `${group}/${from}` }),
    };
  }
  const forth = new BatchedConversion(cluster, clientConfig, `${group}/${to}`, work.signal);
  const back = new BatchedConversion(cluster, clientConfig, `${group}/${from}`, work.signal);
  return { convert: (object) => forth.convert(object), convertBack: (object) => back.convert(object) };
}

/** What does not stop the migration, but should be known. */
class Notes {
  readonly warnings: Failure[] = [];
  warningCount = 0;
  private readonly unchecked = new Map<string, number>();

  warn(object: KubernetesObject, message: string): void {
    this.warningCount++;
    if (this.warnings.length < NAMED_FAILURES) this.warnings.push({ name: objectName(object), message });
  }

  notChecked(what: string): void {
    this.unchecked.set(what, (this.unchecked.get(what) ?? 0) + 1);
  }

  sentences(): string[] {
    return [...this.unchecked].map(([what, objects]) => `${what} (${describeCount(objects, "object")})`);
  }
}
