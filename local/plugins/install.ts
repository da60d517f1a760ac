import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { checkout } from "../checkout";

export interface Plugin {
  origin: "official" | "stand-in";
  /** Put before PATH, it has the engine find the plugin. */
  folder: string;
}

/** Providers for which there is a stand-in here, and the major version of the official one. */
const majors = { kubernetes: 4, random: 4 } as const;
export type PluginName = keyof typeof majors;

/** A provider's plugin: the official one where it is installed, else our stand-in, made ready in `folder`. */
export function findPlugin(name: PluginName, folder: string, env: NodeJS.ProcessEnv = process.env): Plugin {
  const official = officialPlugin(name, env);
  return official === undefined
    ? { origin: "stand-in", folder: installStandIn(name, folder) }
    : { origin: "official", folder: official };
}

/** Where the official plugin is: Pulumi's own plugin folder, or PATH. It comes only by download, `pulumi plugin install resource NAME`. */
export function officialPlugin(name: PluginName, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const plugins = join(env["PULUMI_HOME"] || join(homedir(), ".pulumi"), "plugins");
  const wanted = `resource-${name}-v${majors[name]}`;
  const installed = existsSync(plugins) ? readdirSync(plugins).filter((found) => found.startsWith(wanted)) : [];
  const folders = [...installed.sort().map((found) => join(plugins, found)), ...(env["PATH"] ?? "").split(delimiter)];
  return folders.find((folder) => existsSync(join(folder, executable(name))) && !existsSync(join(folder, marker)));
}

const executable = (name: PluginName): string => `pulumi-resource-${name}`;

/** Lies beside the stand-in: it must never be taken for the official plugin. */
const marker = "this-is-a-stand-in";

function installStandIn(name: PluginName, folder: string): string {
  const main = checkout("dist", "local", "plugins", name, "main.js");
  if (!existsSync(main)) throw new Error(`no ${main}; expected it built; run \`npm run build\``);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, executable(name)), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`, {
    mode: 0o755,
  });
  writeFileSync(join(folder, marker), "");
  return folder;
}
