import { createHash } from "node:crypto";
import {
  reportedHashes,
  digestReportedLoads,
  type Reported,
} from "../../../components/encryptionKeyRotation/servers/reports";
import { encryptionReportOf } from "../../../components/kubernetes/encryptionReport";

const lease = (name: string, host: string) => ({ name, host, resourceVersion: "1", holder: `${name}_uuid` });
const leases = [lease("apiserver-a", "cp-1"), lease("apiserver-b", "cp-2")];
const id = (name: string): string => `sha256:${createHash("sha256").update(name).digest("hex")}`;
const controller = "apiserver_encryption_config_controller";
const status = "apiserver_envelope_encryption_key_id_hash_status_last_timestamp_seconds";

test("its metrics name the Lease, and with it the host; the hash, the reloads and the process are read", () => {
  const b = id("apiserver-b");
  const metrics = `# HELP ${controller}_automatic_reloads_total [ALPHA] Total number of reload successes and failures
${controller}_automatic_reloads_total{apiserver_id_hash="${b}",status="failure"} 2
${controller}_automatic_reloads_total{apiserver_id_hash="${b}",status="success"} 5
${controller}_last_config_info{apiserver_id_hash="${b}",hash="sha256:12"} 1
process_start_time_seconds 1.79e+09
`;
  expect(encryptionReportOf(metrics, leases, "10.0.0.2:6443")).toEqual({
    host: "cp-2",
    started: "1790000000",
    hash: "sha256:12",
    reloads: 5,
    failures: 2,
    keyIds: {},
  });
});

test("without a metric that names the Lease, the address stands for the host, unless there is one Lease only", () => {
  const metrics = "process_start_time_seconds 7\n";
  expect(encryptionReportOf(metrics, leases, "10.0.0.2:6443")).toEqual({
    host: "10.0.0.2:6443",
    started: "7",
    reloads: 0,
    failures: 0,
    keyIds: {},
  });
  expect(encryptionReportOf(metrics, leases.slice(0, 1), "10.0.0.2:6443").host).toBe("cp-1");
});

test.each<[string, boolean]>([
  ["v1.37.0", true],
  ["v1.34.0-alpha.1+abc", true],
  ["v1.33.9", false],
  ["v2.0.0", true],
  ["", false],
])("%s without a hash runs without encryption: %s", (version, expected) => {
  const build = `kubernetes_build_info{git_version="${version}",go_version="go1.26",major="1",minor="x"} 1\n`;
  expect(encryptionReportOf(build, leases, "a").unencrypted ?? false).toBe(expected);
  const info = `${controller}_last_config_info{apiserver_id_hash="x",hash="sha256:1"} 1\n`;
  expect(encryptionReportOf(build + info, leases, "a")).not.toHaveProperty("unencrypted");
});

test("two hashes at once are none", () => {
  const info = (hash: string): string => `${controller}_last_config_info{apiserver_id_hash="x",hash="${hash}"} 1\n`;
  expect(encryptionReportOf(info("sha256:1") + info("sha256:2"), leases, "a")).not.toHaveProperty("hash");
});

test("of each KMS provider the key id that was told last counts", () => {
  const told = (provider: string, key: string, at: string): string =>
    `${status}{apiserver_id_hash="${id("apiserver-a")}",key_id_hash="${key}",provider_name="${provider}"} ${at}\n`;
  const metrics = [
    told("vault", "sha256:new", "1.7e+09"),
    told("vault", "sha256:old", "1.6e+09"),
    told("other", "sha256:old", "1.6e+09"),
    told("other", "sha256:new", "1.7e+09"),
  ];
  expect(encryptionReportOf(metrics.join(""), leases, "a")).toMatchObject({
    host: "cp-1",
    keyIds: { vault: "sha256:new", other: "sha256:new" },
  });
});

describe("whether a server loaded something since", () => {
  const server = { host: "cp-1", started: "1", hash: "sha256:1", reloads: 1, failures: 0, keyIds: {} };
  const reported = (...servers: object[]): Reported => ({ servers, description: "", missing: [] }) as never;
  test.each<[string, object]>([
    ["a restart", { started: "2" }],
    ["a reload", { reloads: 2 }],
    ["another hash", { hash: "sha256:2" }],
    ["another host", { host: "cp-2" }],
  ])("%s shows", (_, change) => {
    expect(digestReportedLoads(reported({ ...server, ...change }))).not.toBe(digestReportedLoads(reported(server)));
  });
  test("a refused reload, or a key id, is none; nor is another order", () => {
    const other = { ...server, host: "cp-2" };
    const refused = { ...server, failures: 3, keyIds: { vault: "k" } };
    expect(digestReportedLoads(reported(other, refused))).toBe(digestReportedLoads(reported(server, other)));
  });
});

test("in preview a hash is short, and one that is not told is said to be unknown", () => {
  const servers = [{ host: "cp-1", hash: `sha256:${"1".repeat(64)}` }, { host: "cp-2" }];
  expect(reportedHashes({ servers, description: "", missing: [] } as never)).toEqual([
    { host: "cp-1", hash: "sha256:111111111111" },
    { host: "cp-2", hash: "unknown" },
  ]);
});
