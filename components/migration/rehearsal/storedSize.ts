import { withDefaults } from "../../conversion/defaults";
import type { Schema } from "../../crd/definition";
import { type KubernetesObject, objectName, type Resource } from "../../kubernetes/api";
import { UserError } from "../../kubernetes/errors";
import { stringifyJson } from "../../kubernetes/json";
import { formatCount } from "../../kubernetes/count";

/** etcd's default --max-request-bytes: https://etcd.io/docs/latest/dev-guide/limit/ */
export const ETCD_LIMIT = 1_572_864;

/**
 * What the write of one object adds, as etcd counts it: its key in the comparison, the put and the range, and at most so many
 * bytes of protobuf around them (tried on 1.37: 46, and a few more once the revision has more digits).
 */
const KEYS = 3;
const ENVELOPE = 64;

/**
 * Would etcd take what the rewrite makes of an object? A dry run never gets as far as etcd, and found out by the rewrite it is after
 * the flip. What is larger already today shows that this etcd takes more than the default, and how much nobody can see.
 *
 * @param listed as it is stored now
 * @param answer of the dry run. Before the flip it has been encoded in the old storage version, whose schema prunes the defaults
 *   of fields that the new one alone has (tried on 1.37): they are put in again
 * @param mayBeLarge the user's word that this etcd takes more
 */
export function checkStoredSize(
  listed: KubernetesObject,
  answer: KubernetesObject,
  { to, toSchema, mayBeLarge }: { to: Resource; toSchema: Schema | undefined; mayBeLarge: boolean },
): string[] {
  const stored = withDefaults(toSchema, answer) as KubernetesObject;
  const { whole, withoutManagedFields } = storedSize(stored, to);
  if (whole <= ETCD_LIMIT || storedSize(listed, to).withoutManagedFields > ETCD_LIMIT) return [];
  const limit = `at most ${formatCount(ETCD_LIMIT)}, etcd's default --max-request-bytes`;
  if (withoutManagedFields > ETCD_LIMIT) {
    const found = `stored as ${to.version} it would take ${formatCount(withoutManagedFields)} bytes with its key; expected ${limit}`;
    if (mayBeLarge) return [`${found}; acknowledged`];
    throw new UserError(
      `${found}; make it smaller (a default or the conversion makes it grow), or, where etcd takes more, set acknowledge: [{ check: "object-size", path: "${to.version}", reason: "…" }]`,
    );
  }
  return [
    `stored as ${to.version} it would take ${formatCount(whole)} bytes with its key; expected ${limit}; the API server would leave out its managedFields`,
  ];
}

export interface StoredSize {
  /** Bytes of the request to etcd that writes it. */
  readonly whole: number;
  /** The same without managedFields, which the API server leaves out where the whole is too large. */
  readonly withoutManagedFields: number;
}

/** How large the write of an object is that the API server answered as it would store it. */
export function storedSize(object: KubernetesObject, { group, plural }: Resource): StoredSize {
  const key = Buffer.byteLength(`/registry/${group}/${plural}/${objectName(object)}`);
  const { resourceVersion: _, managedFields, ...metadata } = object.metadata;
  const rest = KEYS * key + ENVELOPE;
  const withoutManagedFields = rest + goBytes({ ...object, metadata });
  const field = managedFields === undefined ? 0 : goBytes({ managedFields }) - 2; // a comma for the braces and the line end
  return { whole: withoutManagedFields + field, withoutManagedFields };
}

/** Go's encoder ends with a line feed. https://pkg.go.dev/encoding/json#Encoder.Encode */
function goBytes(value: object): number {
  return Buffer.byteLength(stringifyJson(value)) + 1;
}
