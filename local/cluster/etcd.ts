import { join } from "node:path";

export interface EtcdEntry {
  key: string;
  value: string;
}

export interface EtcdPorts {
  client: number;
  peer: number;
}

export function etcdFlags(name: string, dir: string, ports: EtcdPorts, syncToDisk: boolean): string[] {
  const client = `http://127.0.0.1:${ports.client}`;
  const peer = `http://127.0.0.1:${ports.peer}`;
  return [
    `--name=${name}`,
    `--data-dir=${join(dir, "etcd")}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=${name}=${peer}`,
    "--log-level=warn",
    ...(syncToDisk ? [] : ["--unsafe-no-fsync"]),
  ];
}

const pageSize = 1000;

/** Every key under `prefix` with its value, as etcd holds them: through its JSON gateway, https://etcd.io/docs/v3.6/dev-guide/api_grpc_gateway/. */
export async function readEtcd(url: string, prefix: string): Promise<EtcdEntry[]> {
  const found: EtcdEntry[] = [];
  let from = Buffer.from(prefix);
  for (let more = true; more;) {
    const page = await post(url, "/v3/kv/range", {
      key: from.toString("base64"),
      range_end: endOf(prefix).toString("base64"),
      limit: pageSize,
    });
    for (const { key, value } of page.kvs ?? []) {
      from = Buffer.concat([Buffer.from(key, "base64"), Buffer.from([0])]);
      found.push({
        key: Buffer.from(key, "base64").toString("utf8"),
        value: Buffer.from(value ?? "", "base64").toString("utf8"),
      });
    }
    more = page.more === true;
  }
  return found;
}

/** Puts a key as it was read, past the API server: to bring a cluster into a recorded situation. Returns etcd's revision after it. */
export async function writeEtcd(url: string, { key, value }: EtcdEntry): Promise<bigint> {
  const body = { key: Buffer.from(key).toString("base64"), value: Buffer.from(value).toString("base64") };
  const { header } = await post(url, "/v3/kv/put", body);
  return BigInt(header?.revision ?? 0);
}

/** As etcd takes in one transaction by default: so many puts, and together less than 1.5 MiB. */
const TRANSACTION_PUTS = 128;
const TRANSACTION_BYTES = 1024 * 1024;
const TRANSACTIONS_AT_ONCE = 8;

/** Puts many keys past the API server, in no order: for as many objects as it would take too long to create. */
export async function writeManyToEtcd(url: string, entries: Iterable<EtcdEntry>): Promise<void> {
  const left = transactionsOf(entries);
  const work = async (): Promise<void> => {
    for (let next = left.next(); !next.done; next = left.next()) {
      const success = next.value.map(({ key, value }) => ({
        requestPut: { key: Buffer.from(key).toString("base64"), value: Buffer.from(value).toString("base64") },
      }));
      await post(url, "/v3/kv/txn", { success });
    }
  };
  await Promise.all(Array.from({ length: TRANSACTIONS_AT_ONCE }, work));
}

/** An entry that is too large for any transaction is in one of its own: etcd says so. */
export function* transactionsOf(entries: Iterable<EtcdEntry>): Generator<EtcdEntry[], void> {
  let batch: EtcdEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = Buffer.byteLength(entry.key) + Buffer.byteLength(entry.value);
    if (batch.length === TRANSACTION_PUTS || (batch.length > 0 && bytes + size > TRANSACTION_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(entry);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** Whether the etcd behind this url is the one of that name. */
export async function answersAs(url: string, name: string): Promise<boolean> {
  try {
    const { members } = (await post(url, "/v3/cluster/member/list", {})) as { members?: { name?: string }[] };
    return members?.some((member) => member.name === name) ?? false;
  } catch {
    return false;
  }
}

interface Page {
  header?: { revision?: string };
  kvs?: { key: string; value?: string }[];
  more?: boolean;
}

async function post(url: string, path: string, body: unknown): Promise<Page> {
  const response = await fetch(url + path, {
    method: "POST",
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(`etcd ${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Page;
}

/** The first key after all that begin with `prefix`. */
function endOf(prefix: string): Buffer {
  const end = Buffer.from(prefix);
  end[end.length - 1] = (end[end.length - 1] ?? 0) + 1;
  return end;
}
