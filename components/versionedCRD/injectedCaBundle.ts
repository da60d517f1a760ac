import { type Definition } from "../crd/definition";
import { FIELD_MANAGER } from "../crd/names";
import type { ManagedFieldsEntry } from "../kubernetes/api";
import { fieldsWeOwn } from "./fieldsWeOwn";
import { isWebhookConversion } from "../crd/conversion";

type Fields = Record<string, unknown>;

const CA_BUNDLE = ["f:spec", "f:conversion", "f:webhook", "f:clientConfig", "f:caBundle"];

/**
 * managedFields in which a caBundle that another controller injected is ours, where the webhook is about to leave; undefined
 * where nothing stands in its way.
 *
 * A field that somebody else owns outlives our apply, and what is left of the webhook beside strategy None is refused (422,
 * tried with every spelling of null and with force). Owned by us alone, it goes with the rest.
 */
export function withInjectedCaBundle(live: Definition, intent: Definition): ManagedFieldsEntry[] | undefined {
  // A webhook that an operator set by itself stays, and its caBundle with it.
  if (isWebhookConversion(intent.spec.conversion) || !isWebhookConversion(fieldsWeOwn(live).spec?.conversion))
    return undefined;
  const entries = live.metadata.managedFields ?? [];
  if (!entries.some(isForeign) || !entries.some(isOurs)) return undefined;
  return entries.flatMap((entry) => {
    if (isOurs(entry)) return [{ ...entry, fieldsV1: withFieldPath(entry.fieldsV1 ?? {}, CA_BUNDLE) }];
    if (!isForeign(entry)) return [entry];
    const fieldsV1 = withoutFieldPath(entry.fieldsV1 ?? {}, CA_BUNDLE);
    return Object.keys(fieldsV1).length === 0 ? [] : [{ ...entry, fieldsV1 }];
  });
}

/** The caBundle that another controller injected, which an apply of ours without one leaves where it is. */
export function findInjectedCaBundle(live: Definition | undefined): string | undefined {
  const isInjected = live?.metadata.managedFields?.some(isForeign) === true;
  return isInjected ? live?.spec.conversion?.webhook?.clientConfig?.caBundle : undefined;
}

function isOurs({ manager, operation, subresource }: ManagedFieldsEntry): boolean {
  return manager === FIELD_MANAGER && operation === "Apply" && (subresource ?? "") === "";
}

function isForeign(entry: ManagedFieldsEntry): boolean {
  return !isOurs(entry) && hasFieldPath(entry.fieldsV1, CA_BUNDLE);
}

function hasFieldPath(fields: Fields | undefined, [key = "", ...below]: readonly string[]): boolean {
  const child = fields?.[key] as Fields | undefined;
  return child !== undefined && (below.length === 0 || hasFieldPath(child, below));
}

function withFieldPath(fields: Fields, [key, ...below]: readonly string[]): Fields {
  return key === undefined ? fields : { ...fields, [key]: withFieldPath((fields[key] ?? {}) as Fields, below) };
}

/** Without the path, and without what led to nothing else. */
function withoutFieldPath(fields: Fields, [key = "", ...below]: readonly string[]): Fields {
  const { [key]: child, ...rest } = fields;
  if (child === undefined || below.length === 0) return rest;
  const left = withoutFieldPath(child as Fields, below);
  return Object.keys(left).length === 0 ? rest : { ...rest, [key]: left };
}
