import { mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { PulumiCli } from "./pulumi";

/** The environment of a CLI that asks nobody, downloads nothing and keeps its home and its state in one folder, apart from people's own. */
export function pulumiSettings(cli: PulumiCli, dir: string, plugins: readonly string[] = []): Record<string, string> {
  const state = join(dir, "state"); // must be there
  mkdirSync(state, { recursive: true });
  return {
    PATH: [...plugins, cli.path].join(delimiter),
    PULUMI_HOME: join(dir, "home"),
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: "local",
    PULUMI_SKIP_UPDATE_CHECK: "1",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // A program's types were checked when it was compiled; checking them again takes most of a short run.
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
  };
}
