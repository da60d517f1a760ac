import { withDefaults } from "../../conversion/defaults";
import { refusalsOf } from "../../conversion/valid";
import type { Schema } from "../../crd/definition";
import {
  type KubernetesList,
  type KubernetesObject,
  objectName,
  type Resource,
  resourcePath,
} from "../../kubernetes/api";
import type { Cluster } from "../../kubernetes/cluster";
import { ApiError } from "../../kubernetes/errors";
import { isLargeJsonInteger } from "../../kubernetes/json";
import { boundedItems } from "../../kubernetes/problem";
import { withoutRetries } from "../../kubernetes/retry";
import { count } from "../rewrite/progress";
import { ETCD_LIMIT, storedSize } from "./storedSize";

/** One page, however many objects there are: preview has to be short. */
const SAMPLED = 50;
const SHOWN = 3;
const PROBLEMS = 2;

export interface Sample {
  readonly objects: readonly KubernetesObject[];
  /** There are no others. */
  readonly isAll: boolean;
}

/** The first objects of a resource, whole. Undefined where they cannot be read: other parts of the preview say so. */
export async function readSample(cluster: Cluster, resource: Resource): Promise<Sample | undefined> {
  const request = { method: "GET", path: resourcePath(resource), query: { limit: SAMPLED } } as const;
  try {
    const { items, metadata } = await withoutRetries(() => cluster.call<KubernetesList>(request));
    return { objects: items ?? [], isAll: (metadata.continue ?? "") === "" };
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
export function describeSample(sample: Sample, from: Resource, next: Next): string[] {
  const { objects } = sample;
  const [first, ...rest] = objects;
  if (first === undefined) return [];
  const to = next.isSame ? next.resource : from;
  const sizeOf = (object: KubernetesObject): number =>
    storedSize(next.isSame ? (withDefaults(next.schema, object) as KubernetesObject) : object, to).whole;
  const largest = rest.reduce((most, each) => (sizeOf(each) > sizeOf(most) ? each : most), first);
  const size = `${count(sizeOf(largest))} bytes as ${to.version}`;
  const isOnly = sample.isAll && rest.length === 0;
  const read = isOnly ? "the only object read" : `${sample.isAll ? "all" : "the first"} ${objects.length} objects read`;
  const named = isOnly ? `${read}, ${objectName(largest)},` : `${read}: the largest, ${objectName(largest)},`;
  const line = `${named} takes ${size}; etcd takes ${count(ETCD_LIMIT)} by default`;
  return next.isSame ? [line, ...describeBroken(objects, read, next)] : [line];
}

/**
 * An update may keep a value that breaks the schema, unless a rule compares it with the old one or schemas are combined.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-ratcheting
 */
function describeBroken(objects: readonly KubernetesObject[], read: string, { resource, schema }: Next): string[] {
  const items = objects.flatMap((object) => {
    const found = refusalsOf(schema ?? {}, readable(withDefaults(schema, object)));
    const more = found.length > PROBLEMS ? `; and ${found.length - PROBLEMS} more` : "";
    return found.length === 0 ? [] : [`${objectName(object)}: ${found.slice(0, PROBLEMS).join("; ")}${more}`];
  });
  if (items.length === 0) return [];
  const shown = boundedItems(items.slice(0, SHOWN), items.length).map((item) => `\n    ${item}`);
  const [breaks, pass] = items.length === 1 ? ["breaks", "it passes"] : ["break", "they pass"];
  const ratcheting = `${pass} as long as nobody changes these values, and rehearse asks the API server`;
  return [`${read}: ${items.length} ${breaks} the schema of ${resource.version}; ${ratcheting}:${shown.join("")}`];
}

/** Integers beyond 2^53 as numbers: rounded, which no bound minds. */
function readable(value: unknown): unknown {
  if (typeof value === "string") return isLargeJsonInteger(value) ? Number(value.replace(/^[^:]*:/, "")) : value;
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, readable(field)]));
}
