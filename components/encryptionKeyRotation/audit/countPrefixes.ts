import { etcdDirectory, type AuditedResource } from "./etcdDirectory";
import { AnswerTooLong, Compacted, EtcdGateway, type EtcdArgs, type EtcdRange } from "./etcdGateway";
import type { RotatedResource } from "../proof/rotatedResources";
import type { KeyName } from "../configuration/keyNames";

/** How many objects etcd holds by what their bytes begin with: `k8s:enc:aescbc:v1:key1:`, or `identity` for plain ones. */
export type PrefixCounts = Record<string, number>;

/** Of one page, as JSON: an object may have 1.5 MiB, in base64 2 MiB. */
const LONGEST_PAGE_BYTES = 8 << 20;
const WANTED_PAGE_BYTES = 2 << 20;
const FIRST_LIMIT = 50;
const LARGEST_LIMIT = 1000;

/**
 * Counts without keeping more than one page of a few MiB, at one revision; where the count outlasts etcd's history (`compacted`), the rest
 * is counted as it is by then. Reads only.
 */
export async function countPrefixes(
  etcd: EtcdArgs,
  resource: AuditedResource,
  signal?: AbortSignal,
): Promise<PrefixCounts> {
  const gateway = new EtcdGateway(etcd);
  try {
    const counts = new Map<string, number>();
    for await (const value of values(gateway, etcdDirectory(resource, etcd.prefix), signal)) {
      const prefix = prefixOf(value);
      counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
    }
    return Object.fromEntries([...counts].sort(([left], [right]) => (left < right ? -1 : 1)));
  } finally {
    gateway.close();
  }
}

/** `k8s:enc:PROVIDER:VERSION:NAME:`, as the API server puts it before what it encrypts. */
function prefixOf(base64: string): string {
  // A provider's prefix is short; the bytes behind it are nobody's business here.
  const start = Buffer.from(base64.slice(0, 400), "base64").toString("latin1");
  return /^k8s:enc:[^:]+:v\d+:[^:]+:/.exec(start)?.[0] ?? (start.startsWith("k8s:enc:") ? "k8s:enc:?" : "identity");
}

/** Every value of a directory, page by page; a page that turns out too long is asked for again, shorter. */
async function* values(gateway: EtcdGateway, directory: string, signal?: AbortSignal): AsyncGenerator<string> {
  const end = Buffer.from(directory);
  // The first key behind all that begin with it: the directory ends with a slash, "0" comes next.
  end[end.length - 1] = (end[end.length - 1] ?? 0) + 1;
  let from = Buffer.from(directory);
  let limit = FIRST_LIMIT;
  let revision: string | undefined;
  for (;;) {
    const body = {
      key: from.toString("base64"),
      range_end: end.toString("base64"),
      limit,
      ...(revision !== undefined && { revision }),
    };
    let page: EtcdRange;
    try {
      page = await gateway.range(body, limit === 1 ? Infinity : LONGEST_PAGE_BYTES, signal);
    } catch (error) {
      if (error instanceof AnswerTooLong) limit = Math.max(1, limit >> 2);
      else if (error instanceof Compacted && revision !== undefined) revision = undefined;
      else throw error;
      continue;
    }
    const found = page.kvs ?? [];
    for (const { value } of found) yield value ?? "";
    const last = found.at(-1);
    if (page.more !== true || last === undefined) return;
    from = Buffer.concat([Buffer.from(last.key, "base64"), Buffer.from([0])]);
    revision ??= page.header.revision;
    limit = nextLimit(found);
  }
}

function nextLimit(found: readonly { value?: string }[]): number {
  const bytes = found.reduce((sum, { value }) => sum + (value?.length ?? 0), 1);
  return Math.max(1, Math.min(LARGEST_LIMIT, Math.floor((WANTED_PAGE_BYTES * found.length) / bytes)));
}

/** By resource, what its objects' bytes begin with; nothing without `audit`. */
export async function countPrefixesByResource(
  etcd: EtcdArgs | undefined,
  resources: readonly RotatedResource[],
  signal?: AbortSignal,
): Promise<Record<string, PrefixCounts>> {
  if (etcd === undefined) return {};
  const counted: Record<string, PrefixCounts> = {};
  for (const { name, group, plural } of resources) counted[name] = await countPrefixes(etcd, { group, plural }, signal);
  return counted;
}

export function describePrefixCounts(counts: PrefixCounts): string {
  const each = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
  return each.length === 0 ? "no object" : each.map(([prefix, count]) => `${count} ${prefix}`).join(", ");
}

/**
 * What an object's bytes in etcd begin with when this key wrote them; empty for identity. KMS is v2 here.
 * https://github.com/kubernetes/kubernetes/blob/v1.37.0/staging/src/k8s.io/apiserver/pkg/server/options/encryptionconfig/config.go#L58
 */
export function prefixToCount({ kind, name }: KeyName): string {
  if (kind === "identity") return "";
  return kind === "kms" ? `k8s:enc:kms:v2:${name}:` : `k8s:enc:${kind}:v1:${name}:`;
}
