import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { checkout } from "../../checkout";

export interface KubernetesPlugin {
  origin: "official" | "stand-in";
  /** Put before PATH, it has the engine find the plugin. */
  folder: string;
}

const executable = "pulumi-resource-kubernetes";

/** The kubernetes provider's plugin: the official one where it is installed, else our stand-in, made ready in `folder`. */
export function findKubernetesPlugin(folder: string, env: NodeJS.ProcessEnv = process.env): KubernetesPlugin {
  const official = officialPlugin(env);
  return official === undefined
    ? { origin: "stand-in", folder: installStandIn(folder) }
    : { origin: "official", folder: official };
}

/** Where the official plugin is: Pulumi's own plugin folder, or PATH. It comes only by download, `pulumi plugin install resource kubernetes`. */
export function officialPlugin(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const plugins = join(env["PULUMI_HOME"] || join(homedir(), ".pulumi"), "plugins");
  const installed = existsSync(plugins)
    ? readdirSync(plugins).filter((name) => /^resource-kubernetes-v4/.test(name))
    : [];
  const folders = [...installed.sort().map((name) => join(plugins, name)), ...(env["PATH"] ?? "").split(delimiter)];
  return folders.find((folder) => existsSync(join(folder, executable)) && !existsSync(join(folder, marker)));
}

/** Lies beside the stand-in: it must never be taken for the official plugin. */
const marker = "this-is-a-stand-in";

function installStandIn(folder: string): string {
  const main = checkout("dist", "local", "plugins", "kubernetes", "main.js");
  if (!existsSync(main)) throw new Error(`no ${main}; expected it built; run \`npm run build\``);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, executable), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`, { mode: 0o755 });
  writeFileSync(join(folder, marker), "");
  return folder;
}
