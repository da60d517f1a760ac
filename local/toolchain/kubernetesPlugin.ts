import { execFile } from "node:child_process";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { checkout } from "../checkout";
import { say } from "../say";
import { cached, cachedAlready, type Recipe } from "./cache";
import { digestOf } from "./digest";
import { findGo } from "./go";
import { goBuild, moduleFolder } from "./goBuild";
import { installedPlugin } from "./installedPlugin";
import type { PulumiCli } from "./pulumi";
import { reachPulumi } from "./pulumiDownload";

/** Pulumi's official kubernetes provider. */
export interface KubernetesPlugin {
  /** Put before PATH, it has the engine find the plugin. */
  folder: string;
  /** where it came from, for people */
  origin: "installed" | "official download" | "built from source";
}

/**
 * --request-timeout of the API servers that the plugin works with, in seconds. Longer than elsewhere: it reads the whole OpenAPI
 * document, which a busy machine makes in more than three seconds, and asks for it once.
 */
export const REQUEST_TIMEOUT_SECONDS = 15;

const source = checkout("local", "kubernetesPlugin");
const provider = "github.com/pulumi/pulumi-kubernetes/provider/v4";
/** What the provider reads beside itself. */
const data = ["schema.json", "terraform-mapping.json"];

/** The user's own, else ours from the cache, else the official download, else one built from the Go module that the release is built from. */
export async function findKubernetesPlugin(cli: PulumiCli): Promise<KubernetesPlugin> {
  const installed = installedPlugin("kubernetes");
  if (installed !== undefined) return { folder: installed, origin: "installed" };
  const version = sdkVersion();
  const download: Recipe = {
    name: "kubernetes-plugin-official",
    key: version,
    make: (to) => install(cli, version, to),
  };
  const inputs = ["go.mod", "go.sum", "main.go"].map((name) => join(source, name));
  const sources: Recipe = { name: "kubernetes-plugin", key: digestOf(inputs, [process.platform, process.arch]), make };
  const downloaded = (root: string): KubernetesPlugin => ({
    folder: join(root, "plugins", `resource-kubernetes-v${version}`),
    origin: "official download",
  });

  const kept = await cachedAlready(download);
  if (kept !== undefined) return downloaded(kept);
  const built = await cachedAlready(sources);
  if (built !== undefined) return { folder: built, origin: "built from source" };
  try {
    return downloaded(await cached(download));
  } catch (error) {
    say(`the official kubernetes plugin cannot be had here (${(error as Error).message}): building it from source`);
    return { folder: await cached(sources), origin: "built from source" };
  }
}

/** The plugin that belongs to the SDK in node_modules. */
function sdkVersion(): string {
  const file = checkout("node_modules", "@pulumi", "kubernetes", "package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

async function install(cli: PulumiCli, version: string, folder: string): Promise<void> {
  await reachPulumi();
  await promisify(execFile)(cli.command, ["plugin", "install", "resource", "kubernetes", `v${version}`], {
    env: { ...process.env, PATH: cli.path, PULUMI_HOME: folder, PULUMI_SKIP_UPDATE_CHECK: "1" },
    timeout: 10 * 60_000,
  });
}

async function make(folder: string): Promise<void> {
  const go = await findGo();
  await goBuild(go, {
    subject: "Pulumi's kubernetes plugin",
    folder: source,
    package: ".",
    variables: { [`${provider}/pkg/version.Version`]: releaseIn(readFileSync(join(source, "go.mod"), "utf8")) },
    output: join(folder, "pulumi-resource-kubernetes"),
  });
  const from = join(await moduleFolder(go, source, provider), "cmd", "pulumi-resource-kubernetes");
  for (const name of data) copyFileSync(join(from, name), join(folder, name));
}

function releaseIn(modfile: string): string {
  const [, version] = new RegExp(`^require ${provider} v(\\S+)$`, "m").exec(modfile) ?? [];
  if (version !== undefined) return version;
  throw new Error(
    `no line \`require ${provider} vX.Y.Z\` in the kubernetes plugin's go.mod; expected one: restore local/kubernetesPlugin from git`,
  );
}
