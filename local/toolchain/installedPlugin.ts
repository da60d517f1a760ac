import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** The official plugins that tests and `npm start` use, and their major versions. */
const majors = { kubernetes: 4, random: 4 } as const;
export type PluginName = keyof typeof majors;

export const pluginProgram = (name: PluginName): string => `pulumi-resource-${name}`;

/** Lies beside a stand-in: it must never be taken for the official plugin. */
export const STAND_IN_MARK = "this-is-a-stand-in";

/** The folder of a plugin that the user has: Pulumi's own plugin folder, or PATH. */
export function installedPlugin(name: PluginName, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const plugins = join(env["PULUMI_HOME"] || join(homedir(), ".pulumi"), "plugins");
  const wanted = `resource-${name}-v${majors[name]}`;
  const installed = existsSync(plugins) ? readdirSync(plugins).filter((found) => found.startsWith(wanted)) : [];
  const folders = [...installed.sort().map((found) => join(plugins, found)), ...(env["PATH"] ?? "").split(delimiter)];
  return folders.find(
    (folder) => existsSync(join(folder, pluginProgram(name))) && !existsSync(join(folder, STAND_IN_MARK)),
  );
}
