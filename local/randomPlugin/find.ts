import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../checkout";
import { installedPlugin, pluginProgram, STAND_IN_MARK } from "../toolchain/installedPlugin";

export interface RandomPlugin {
  origin: "installed" | "stand-in";
  /** Put before PATH, it has the engine find the plugin. */
  folder: string;
}

/** The official random plugin where it is installed, else our stand-in, made ready in `folder`: no Go module holds the official one. */
export function findRandomPlugin(folder: string): RandomPlugin {
  const installed = installedPlugin("random");
  return installed === undefined
    ? { origin: "stand-in", folder: installStandIn(folder) }
    : { origin: "installed", folder: installed };
}

function installStandIn(folder: string): string {
  const main = checkout("dist", "local", "randomPlugin", "main.js");
  if (!existsSync(main)) throw new Error(`no ${main}; expected it built; run \`npm run build\``);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, pluginProgram("random")), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`, {
    mode: 0o755,
  });
  writeFileSync(join(folder, STAND_IN_MARK), "");
  return folder;
}
