import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { checkout, copyCheckout } from "./checkout";
import { kubernetesVersions } from "./toolchain/controlPlane";

export interface Manifest {
  peerDependencies: Record<string, string>;
}

/** One combination of versions, and the tests whose subject it changes. */
export interface Row {
  name: string;
  /** for people */
  what: string;
  /** e2e files */
  files: string[];
  env: Record<string, string>;
  /** Installed in a copy of the checkout, in place of what package-lock.json names. */
  packages?: string[];
  /** Runs the tests, in place of the Node.js that is here: a version of npm's package for this machine. */
  node?: string;
}

/** Each of them asks the API for its version. A cluster without it is among the cases of `migrators`. */
const ofTheMigrationApi = ["versionedCRD", "migrators", "engineInTree", "encryptionKeyRotation"];
const ofPulumi = ["versionedCRD", "dynamicProvider", "program", "encryptionKeyRotation"];
/** API servers of which one could answer for another. */
const ofSeveralServers = ["severalServers", "engineRotationServers", "storageMigration"];
const ofNode = [...ofPulumi, "conversionWebhook", "packed"];
/** Beside the one in `engines`. */
const nodeVersions = ["22", "24"];
const pulumi = ["@pulumi/pulumi", "@pulumi/kubernetes"];

export function rowsOf({ peerDependencies }: Manifest): Row[] {
  const range = (name: string): string => peerDependencies[name] ?? "";
  const packages = {
    oldest: pulumi.map((name) => `${name}@${range(name).replace(/^\^/, "")}`),
    newest: pulumi.map((name) => `${name}@${range(name)}`),
  };
  return [
    ...kubernetesVersions.slice(1).map((version) => ({
      name: `kubernetes-${version}`,
      what: `the control plane of Kubernetes ${version}`,
      files: ofTheMigrationApi,
      env: { KUBERNETES_VERSION: version },
    })),
    {
      name: "mixed-version-proxy",
      what: "API servers that ask each other for what they do not serve",
      files: ofSeveralServers,
      env: { MIXED_VERSION_PROXY: "on" },
    },
    ...nodeVersions.map((node) => ({ name: `node-${node}`, what: `Node.js ${node}`, files: ofNode, env: {}, node })),
    ...(["oldest", "newest"] as const).map((which) => ({
      name: `pulumi-${which}`,
      what: packages[which].join(", "),
      files: ofPulumi,
      env: which === "oldest" ? { PULUMI_CLI: "oldest" } : {},
      packages: packages[which],
    })),
  ];
}

/** @returns what it printed, which is shown as it comes */
export async function runRow(row: Row): Promise<string> {
  const test = ["test", "--", "--selectProjects", "e2e", "--testPathPatterns", `e2e/(${row.files.join("|")})\\.test`];
  const { packages, node } = row;
  if (packages === undefined && node === undefined) return npm(checkout(), test, row.env);
  // Not below this checkout, where Node.js would find what the copy lacks.
  const dir = mkdtempSync(join(tmpdir(), "storage-migration-matrix-"));
  try {
    if (node !== undefined) return await npm(checkout(), test, { ...row.env, PATH: await pathWithNode(dir, node) });
    copyCheckout(dir);
    const installed = await npm(dir, ["install", ...quiet, "--save-dev", "--save-exact", ...(packages ?? [])], row.env);
    return installed + (await npm(dir, test, row.env));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const quiet = ["--no-audit", "--no-fund", "--ignore-scripts"];

/** npm has each release of Node.js as a package for each platform: https://www.npmjs.com/package/node */
async function pathWithNode(dir: string, version: string): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  await npm(dir, ["install", "--prefix", dir, ...quiet, `${name}@${version}`], {});
  return [join(dir, "node_modules", name, "bin"), process.env["PATH"]].join(delimiter);
}

function npm(cwd: string, args: string[], env: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("npm", args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (data: Buffer) => {
      output += data.toString();
      process.stdout.write(data);
    });
    child.on("error", reject);
    child.on("close", () => resolve(output));
  });
}

/** One line a row, then the sum of all of them. A row that never came to `N passed, N failed` has failed. */
export function tally(results: { row: Pick<Row, "name">; output: string }[]): { lines: string[]; failed: number } {
  const counts = results.map(({ row, output }) => {
    const [, passed = "0", failed = "1"] = /^(\d+) passed, (\d+) failed$/m.exec(output) ?? [];
    return { name: row.name, passed: Number(passed), failed: Number(failed) };
  });
  const sum = (which: "passed" | "failed"): number => counts.reduce((total, count) => total + count[which], 0);
  const line = ({ passed, failed }: { passed: number; failed: number }): string => `${passed} passed, ${failed} failed`;
  const total = { passed: sum("passed"), failed: results.length === 0 ? 1 : sum("failed") };
  return { lines: [...counts.map((count) => `${count.name}: ${line(count)}`), line(total)], failed: total.failed };
}
