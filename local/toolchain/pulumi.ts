import { execFile } from "node:child_process";
import { copyFileSync, existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { checkout } from "../checkout";
import { say } from "../say";
import { cached, cachedAlready, type Recipe } from "./cache";
import { digestOf } from "./digest";
import { findGo } from "./go";
import { goBuild } from "./goBuild";
import { installOfficialPulumi, officialVersion } from "./pulumiDownload";

export interface PulumiCli {
  command: string;
  version: string;
  /** where it came from, for people */
  origin: "PATH" | "official download" | "built from source";
  /** PATH with everything a run needs beside the CLI */
  path: string;
}

// The oldest engine this package was tried with.
const oldest = [3, 255] as const;
const built = { version: "3.255.0", language: "3.60.0" };

/**
 * The Pulumi CLI with its Node.js language host: the user's, else ours from the cache, else the official download, else one built from source,
 * which is the oldest that this package works with; PULUMI_CLI=oldest asks for that one.
 */
export async function findPulumi(env: NodeJS.ProcessEnv = process.env): Promise<PulumiCli> {
  const users = env["PULUMI_CLI"] === "oldest" ? undefined : await onPath(env);
  if (users) return users;
  const download: Recipe = { name: "pulumi-official", key: officialVersion, make: installOfficialPulumi };
  const source: Recipe = { name: "pulumi", key: digestOf(sources(), [process.platform, process.arch]), make: build };
  const downloaded = (folder: string): PulumiCli =>
    inFolder(join(folder, "bin"), officialVersion, "official download", env);
  const compiled = (folder: string): PulumiCli => inFolder(folder, built.version, "built from source", env);

  if (env["PULUMI_CLI"] === "oldest") return compiled(await cached(source));
  const kept = await cachedAlready(download);
  if (kept) return downloaded(kept);
  const keptBuild = await cachedAlready(source);
  if (keptBuild) return compiled(keptBuild);
  try {
    return downloaded(await cached(download));
  } catch (error) {
    say(`the official Pulumi CLI cannot be had here (${(error as Error).message}): building it from source`);
    return compiled(await cached(source));
  }
}

function inFolder(bin: string, version: string, origin: PulumiCli["origin"], env: NodeJS.ProcessEnv): PulumiCli {
  return { command: join(bin, "pulumi"), version, origin, path: pathWith(bin, env) };
}

/** Runs dynamic providers. It comes with the official CLI and with the npm package; found elsewhere than beside the CLI the engine warns at each run. */
const dynamicProvider = "pulumi-resource-pulumi-nodejs";

function pathWith(bin: string, env: NodeJS.ProcessEnv): string {
  const beside = existsSync(join(bin, dynamicProvider)) ? [] : [dirname(dynamicProviderInPackage())];
  return [bin, ...beside, dirname(process.execPath), env["PATH"] ?? ""].join(delimiter);
}

function dynamicProviderInPackage(): string {
  return checkout("node_modules", "@pulumi", "pulumi", dynamicProvider);
}

async function onPath(env: NodeJS.ProcessEnv): Promise<PulumiCli | undefined> {
  for (const folder of (env["PATH"] ?? "").split(delimiter)) {
    const command = join(folder, "pulumi");
    if (!existsSync(command) || !existsSync(join(folder, "pulumi-language-nodejs"))) continue;
    const version = await versionOf(command, env);
    if (version && isNewEnough(version)) return { command, version, origin: "PATH", path: pathWith(folder, env) };
    if (version) say(`pulumi ${version} on PATH is older than ${oldest.join(".")}: using another`);
  }
  return undefined;
}

async function versionOf(command: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(command, ["version"], {
      env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "1" },
      timeout: 20_000,
    });
    return stdout.trim().replace(/^v/, "");
  } catch {
    return undefined;
  }
}

export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map((part) => parseInt(part, 10));
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

function sources(): string[] {
  const modules = ["go.mod", "go.sum", join("language", "go.mod"), join("language", "go.sum")];
  return [...modules.map((name) => checkout("local", "pulumi", name)), dynamicProviderInPackage()];
}

async function build(folder: string): Promise<void> {
  const go = await findGo();
  await goBuild(go, {
    subject: `Pulumi CLI ${built.version}`,
    folder: checkout("local", "pulumi"),
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    // The Automation API refuses a CLI that cannot tell its version.
    variables: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${built.version}` },
    output: join(folder, "pulumi"),
  });
  // The last release in which the language host is an ordinary Go package.
  await goBuild(go, {
    subject: `Pulumi's Node.js language host ${built.language}`,
    folder: checkout("local", "pulumi", "language"),
    package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    output: join(folder, "pulumi-language-nodejs"),
  });
  copyFileSync(dynamicProviderInPackage(), join(folder, dynamicProvider));
}
