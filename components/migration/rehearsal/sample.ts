import { withDefaults } from "../../conversion/defaults";
import { findRefusingSchemaProblems } from "../../conversion/schemaProblems";
import type { Schema } from "../../crd/definition";
import {
  type Caller,
  type KubernetesList,
  type KubernetesObject,
  objectName,
  type Resource,
  resourcePath,
} from "../../kubernetes/api";
import { ApiError } from "../../kubernetes/errors";
import { isLargeJsonInteger, readableJson } from "../../kubernetes/json";
import { boundedProblemItems } from "../../kubernetes/problem";
import { withoutRetries } from "../../kubernetes/retry";
import { ETCD_LIMIT, storedSize } from "./storedSize";
import { formatCount } from "../../kubernetes/count";

/** One page, however many objects there are: preview has to be short. */
const SAMPLED = 50;
const SHOWN = 3;
const PROBLEMS = 2;

export interface Sample {
  readonly objects: readonly KubernetesObject[];
  /** There are no others. */
  readonly isAll: boolean;
  /** Of the list. */
  readonly resourceVersion?: string;
}

/** The first objects of a resource, whole. @throws ApiError where they cannot be listed */
export async function listRehearsalSample(cluster: Caller, resource: Resource): Promise<Sample> {
  const request = { method: "GET", path: resourcePath(resource), query: { limit: SAMPLED } } as const;
  const { items, metadata } = await cluster.call<KubernetesList>(request);
  const { resourceVersion } = metadata;
  const isAll = (metadata.continue ?? "") === "";
  return { objects: items ?? [], isAll, ...(resourceVersion !== undefined && { resourceVersion }) };
}

/** The same without another try. Undefined where they cannot be read: other parts of the preview say so. */
export async function readRehearsalSample(cluster: Caller, resource: Resource): Promise<Sample | undefined> {
  try {
    return await withoutRetries(() => listRehearsalSample(cluster, resource));
  } catch (error) {
    if (error instanceof ApiError) return undefined; // worth a line on the row, not a refusal
    throw error;
  }
}

/** The version that these objects are to be stored in. */
export interface Next {
  readonly resource: Resource;
  readonly schema: Schema | undefined;
  /** Nothing but apiVersion changes on the way: conversion None. */
  readonly isSame: boolean;
}

/**
 * What a sample says before the new version is served: how large its largest object will be in etcd, and what breaks
 * its schema. It is no gate, since the API server alone knows CEL and Go's patterns: rehearse asks it about every object.
 */
export function describeRehearsalSample(sample: Sample, from: Resource, next: Next): string[] {
  const to = next.isSame ? next.resource : from;
  // Once for each object: they may be large.
  const objects = next.isSame ? defaulted(sample, next) : sample.objects;
  const sized = objects.map((object) => ({ name: objectName(object), bytes: storedSize(object, to).whole }));
  const [first, ...rest] = sized;
  if (first === undefined) return [];
  const { name, bytes } = rest.reduce((most, each) => (each.bytes > most.bytes ? each : most), first);
  const isOnly = sample.isAll && rest.length === 0;
  const named = `${describeReadRehearsalSample(sample)}${isOnly ? "" : ": the largest"}, ${name},`;
  const line = `${named} takes ${formatCount(bytes)} bytes as ${to.version}; etcd takes ${formatCount(ETCD_LIMIT)} by default`;
  return next.isSame ? [line, ...describeBroken(objects, describeReadRehearsalSample(sample), next)] : [line];
}

/** What of these objects, were they of this version with nothing else changed, breaks its schema; one line or none. */
export function describeRefusedRehearsalSample(sample: Sample, next: Pick<Next, "resource" | "schema">): string[] {
  return describeBroken(defaulted(sample, next), describeReadRehearsalSample(sample), next);
}

/** `all 3 objects read`. */
export function describeReadRehearsalSample({ objects, isAll }: Sample): string {
  if (isAll && objects.length === 1) return "the only object read";
  return `${isAll ? "all" : "the first"} ${formatCount(objects.length)} objects read`;
}

function defaulted({ objects }: Sample, { schema }: Pick<Next, "schema">): KubernetesObject[] {
  return objects.map((object) => withDefaults(schema, object) as KubernetesObject);
}

/**
 * An update may keep a value that breaks the schema, unless a rule compares it with the old one or schemas are combined.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-ratcheting
 */
function describeBroken(
  objects: readonly KubernetesObject[],
  read: string,
  { resource, schema }: Pick<Next, "resource" | "schema">,
): string[] {
  const items = objects.flatMap((object) => {
    const found = findRefusingSchemaProblems(schema ?? {}, readable(object));
    const more = found.length > PROBLEMS ? `; and ${found.length - PROBLEMS} more` : "";
    return found.length === 0 ? [] : [`${objectName(object)}: ${found.slice(0, PROBLEMS).join("; ")}${more}`];
  });
  if (items.length === 0) return [];
  const shown = boundedProblemItems(items.slice(0, SHOWN), items.length).map((item) => `\n    ${item}`);
  const breaks = items.length === 1 ? "breaks" : "break";
  const ratcheting = "A rewrite passes, and whoever changes these values later is refused";
  return [`${read}: ${items.length} ${breaks} the schema of ${resource.version}. ${ratcheting}:${shown.join("")}`];
}

/** Integers beyond 2^53 as numbers: rounded, which no bound minds. */
function readable(value: unknown): unknown {
  if (typeof value === "string") return isLargeJsonInteger(value) ? Number(readableJson(value)) : value;
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, readable(field)]));
}
