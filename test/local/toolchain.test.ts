import {
  apiServerFlags,
  controllerManagerFlags,
  runtimeConfig,
  type ApiServerSettings,
} from "../../local/cluster/flags";
import { chosenVersion } from "../../local/toolchain/controlPlane";
import { isEnough } from "../../local/toolchain/go";
import { timeLeft } from "../../local/toolchain/progress";
import { isNewEnough } from "../../local/toolchain/pulumi";

test.each([
  [[], {}, "1.37"],
  [[], { KUBERNETES_VERSION: "1.36" }, "1.36"],
  [["--kubernetes", "1.30"], { KUBERNETES_VERSION: "1.36" }, "1.30"],
  [["--keep", "--kubernetes=v1.36"], {}, "1.36"],
])("arguments %j and environment %j => Kubernetes %s", (args, env, version) => {
  expect(chosenVersion(args, env)).toBe(version);
});

test.each([
  [["--kubernetes", "1.31"], {}, '--kubernetes: found "1.31"; expected one of 1.37, 1.36, 1.30'],
  [["--kubernetes"], {}, '--kubernetes: found ""; expected'],
  [[], { KUBERNETES_VERSION: "latest" }, 'KUBERNETES_VERSION: found "latest"; expected'],
])("arguments %j and environment %j => refused, with what is known", (args, env, message) => {
  expect(() => chosenVersion(args, env)).toThrow(message);
});

test.each([
  ["1.26.0", true],
  ["1.26rc1", true],
  ["1.30.1", true],
  ["2.0", true],
  ["1.25.9", false],
  ["1.9", false],
])("Go %s is enough: %s", (version, enough) => expect(isEnough(version)).toBe(enough));

test.each([
  ["3.255.0", true],
  ["3.270.1", true],
  ["4.0.0", true],
  ["3.254.9", false],
  ["3.99.0", false],
])("pulumi %s is new enough: %s", (version, enough) => expect(isNewEnough(version)).toBe(enough));

test("time left is told once it is more than a guess", () => {
  expect(timeLeft(0, 10, 2000, 60_000)).toBe("");
  expect(timeLeft(0, 500, 2000, 120_000)).toBe(", about 6 min left");
  expect(timeLeft(0, 1900, 2000, 120_000)).toBe(", under a minute left");
});

const settings = (
  version: ApiServerSettings["version"],
  storageMigration: ApiServerSettings["storageMigration"],
): ApiServerSettings => ({
  version,
  dir: "/d",
  requestTimeoutSeconds: 3,
  storageMigration,
  mixedVersionProxy: false,
  extra: ["--v=3"],
});

const place = {
  url: "https://127.0.0.1:1",
  bindAddress: "127.0.0.1",
  port: 1,
  etcd: "http://127.0.0.1:2",
  flags: [],
  launch: (command: string[]) => command,
};

test.each([
  ["1.37", "default", []],
  ["1.37", "off", ["--runtime-config=storagemigration.k8s.io/v1=false"]],
  ["1.37", "v1beta1", ["--runtime-config=storagemigration.k8s.io/v1=false,storagemigration.k8s.io/v1beta1=true"]],
  ["1.36", "default", ["--runtime-config=storagemigration.k8s.io/v1beta1=true"]],
  ["1.36", "off", []],
  ["1.30", "default", ["--runtime-config=storagemigration.k8s.io/v1alpha1=true"]],
] as const)("Kubernetes %s with StorageVersionMigration %s => %j", (version, api, flags) => {
  expect(runtimeConfig(version, api)).toEqual(flags);
});

test("1.30 has no v1beta1 => refused, with the versions that have it", () => {
  expect(() => runtimeConfig("1.30", "v1beta1")).toThrow("expected 1.36 or 1.37");
});

test("below 1.37 both components get the migrator's gates", () => {
  const gates = "--feature-gates=StorageVersionMigrator=true,InformerResourceVersion=true";
  expect(apiServerFlags(settings("1.30", "default"), place)).toContain(gates);
  expect(controllerManagerFlags(settings("1.30", "default"))).toContain(gates);
  expect(controllerManagerFlags(settings("1.37", "default")).join(" ")).not.toContain("feature-gates");
});

test("encrypts => its own file, read again by itself unless told", () => {
  const encryption = { file: "/e", pollMs: 500, automaticReload: false };
  expect(apiServerFlags({ ...settings("1.37", "default"), encryption, compactionSeconds: 2 }, place)).toEqual(
    expect.arrayContaining([
      "--encryption-provider-config=/e",
      "--encryption-provider-config-automatic-reload=false",
      "--etcd-compaction-interval=2s",
    ]),
  );
});

test("the API server listens on loopback only, and extra flags come last", () => {
  const flags = apiServerFlags(settings("1.37", "default"), place);
  expect(flags).toEqual(
    expect.arrayContaining(["--bind-address=127.0.0.1", "--authorization-mode=RBAC", "--request-timeout=3s"]),
  );
  expect(flags.at(-1)).toBe("--v=3");
});
