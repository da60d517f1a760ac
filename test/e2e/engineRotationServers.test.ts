import { proveResources } from "../../components/encryptionKeyRotation/proof/prove";
import type { Rewritten } from "../../components/encryptionKeyRotation/proof/rewriteResource";
import { hasNoReloadSinceRecord } from "../../components/encryptionKeyRotation/proof/record";
import { type KeyedResource } from "../../components/encryptionKeyRotation/proof/rotatedResources";
import { awaitFileAgreement } from "../../components/encryptionKeyRotation/servers/fileAgreement";
import { ReloadFailed } from "../../components/encryptionKeyRotation/targets/reload";
import { agreedKmsKeyId } from "../../components/encryptionKeyRotation/servers/kms";
import { type Reported, readReportsNow } from "../../components/encryptionKeyRotation/servers/reports";
import { rightsForRotation } from "../../components/kubernetes/rights/rotationRights";
import type { LocalApiServer } from "../../local/cluster/apiServer";
import { readEtcd } from "../../local/cluster/etcd";
import { type KmsPlugin, startKmsPlugin } from "../../local/kms/start";
import { type Bench, startBench } from "./engine";
import { createSecrets, findResources, prefixes, provided, secretbox, sha256, writeFile } from "./rotationBench";

jest.setTimeout(400_000);

const HOSTS = ["cp-1", "cp-2", "cp-3"];
const ALL = "3 API servers (cp-1, cp-2, cp-3)";

let bench: Bench;
let text = secretbox("key1");
beforeAll(async () => {
  bench = await startBench("engine-rotation-servers", {
    servers: 3,
    controllerManager: false,
    encryption: { text },
    rights: rightsForRotation({ resources: ["secrets"], kms: true }),
  });
  await createSecrets(bench.local, 10);
});
afterAll(() => bench.end());

const server = (host: string): LocalApiServer =>
  bench.local.apiServers.find((each) => each.host === host) as LocalApiServer;
const now = (): Promise<Reported> => readReportsNow(bench.cluster, [], bench.work);
const put = (next: string, hosts = HOSTS): void => {
  text = next;
  for (const host of hosts) writeFile(server(host), next);
};
const loaded = (given: { since?: Reported; decommissioned?: string[]; timeoutSeconds?: number } = {}) =>
  awaitFileAgreement(bench.cluster, { sha256: sha256(text), timeoutSeconds: 30, ...given }, bench.work);
const rewrite = async (writeKey: string): Promise<Rewritten> => {
  const [resource] = await findResources(["secrets"], bench.cluster);
  const resources = [{ ...resource, writeKey } as KeyedResource];
  const asked = {
    sha256: sha256(text),
    resources,
    migrator: "direct",
    requestTimeoutSeconds: 3,
    decommissioned: [],
  } as const;
  const [done] = await proveResources(bench.cluster, asked, () => Promise.resolve(), bench.work);
  return done as Rewritten;
};

describe("three API servers", () => {
  test("T1: each reports what it loaded, by its own host's name, through the balancer", async () => {
    const { servers, description, missing } = await now();
    expect(servers.map(({ host }) => host)).toEqual(HOSTS);
    expect(new Set(servers.map(({ hash }) => hash))).toEqual(new Set([`sha256:${sha256(text)}`]));
    expect({ description, missing }).toEqual({ description: ALL, missing: [] });
  });

  test("T2: one that lags holds, by its name, until it has the file", async () => {
    put(secretbox("key1", "key2"), ["cp-1", "cp-2"]);
    await expect(loaded({ timeoutSeconds: 3 })).rejects.toThrow(/^cp-3 runs with sha256:[0-9a-f]{12}, \d s after/);
    const waiting = loaded();
    put(text);
    expect((await waiting).evidence).toEqual([expect.stringContaining(`each of ${ALL} reports`)]);
  });

  test("T3: one that refuses the file stops it at once, although the others have it", async () => {
    const since = await now();
    const good = text;
    put(secretbox("key1", "key3"), ["cp-1", "cp-3"]);
    writeFile(server("cp-2"), text.replace('"secretbox"', '"secretbocks"'));
    const failure = await loaded({ since }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ReloadFailed);
    expect((failure as ReloadFailed).host).toBe("cp-2");
    put(good);
    await loaded();
  });

  test("T4: one restarted while it is waited for is met as the process it is now", async () => {
    const since = await now();
    put(secretbox("key2", "key1"), ["cp-1", "cp-2"]);
    const waiting = loaded({ since });
    await server("cp-3").end();
    put(text);
    await server("cp-3").start();
    const { reported } = await waiting;
    expect(reported.servers.map(({ host }) => host)).toEqual(HOSTS);
    const started = ({ servers }: Reported): string | undefined => servers.find(({ host }) => host === "cp-3")?.started;
    expect(started(reported)).not.toBe(started(since));
  });

  test("T5: rewritten and proven on all three; a restart afterwards shows", async () => {
    const { proof, rewritten } = await rewrite("secretbox:key2");
    expect({ rewritten, servers: proof.servers }).toEqual({ rewritten: 10, servers: HOSTS });
    expect(await prefixes(bench.local)).toEqual({ "k8s:enc:secretbox:v1:key2:": 10 });
    expect(hasNoReloadSinceRecord(proof, await now())).toBe(true);
    await server("cp-2").end();
    await server("cp-2").start();
    await loaded();
    expect(hasNoReloadSinceRecord(proof, await now())).toBe(false);
  });

  test("T6: one crashed and its Lease stayed: held, with the words that let it go", async () => {
    const since = await now();
    await server("cp-3").kill();
    const held = loaded({ since, timeoutSeconds: 1 });
    await expect(held).rejects.toThrow(
      /API server on cp-3: its identity Lease .*set decommissionedServers: \["cp-3"\]/s,
    );
    const { reported } = await loaded({ since, decommissioned: ["cp-3"] });
    expect(reported.servers.map(({ host }) => host)).toEqual(["cp-1", "cp-2"]);
    await server("cp-3").start();
    await loaded({ since });
  });
});

describe("a KMS v2 plugin, whose key changes without a change of the file", () => {
  let plugin: KmsPlugin;
  /** The plugin's key id stands in clear in each object's envelope. */
  const keyIds = async (): Promise<Set<string>> => {
    const stored = await readEtcd(bench.local.etcd, "/registry/secrets/");
    return new Set(stored.map(({ value }) => /kek-\d/.exec(value)?.[0] ?? "none"));
  };

  test("T1: to KMS: readable everywhere first, then promoted, rewritten under the id that all three report", async () => {
    plugin = await startKmsPlugin(bench.local, "kek-1");
    const vault = { kms: { apiVersion: "v2", name: "vault", endpoint: plugin.endpoint, timeout: "3s" } };
    const box = (JSON.parse(secretbox("key2")) as { resources: { providers: object[] }[] }).resources[0]?.providers[0];
    for (const providers of [
      [box as object, vault],
      [vault, box as object],
    ]) {
      put(provided(...providers));
      await loaded();
    }
    const { proof, how } = await rewrite("kms:vault");
    expect(how).toMatch(/reports key id sha256:[0-9a-f]{12} of KMS provider vault; each is healthy with it/);
    expect(agreedKmsKeyId(await now(), "vault")).toEqual({ keyId: proof.keyId });
    expect(await keyIds()).toEqual(new Set(["kek-1"]));
  });

  test("T2: with another key id on every server every object is rewritten, although the file stayed", async () => {
    const before = agreedKmsKeyId(await now(), "vault");
    plugin.useKey("kek-2");
    // Each asks its plugin once a minute, in its own time.
    for (let agreed = before; JSON.stringify(agreed) === JSON.stringify(before) || "why" in agreed;) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      agreed = agreedKmsKeyId(await now(), "vault");
    }
    const { proof, rewritten } = await rewrite("kms:vault");
    expect(rewritten).toBe(10);
    expect(proof.keyId).not.toBe((before as { keyId: string }).keyId);
    expect(await keyIds()).toEqual(new Set(["kek-2"]));
  });
});
