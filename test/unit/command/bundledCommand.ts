import { buildSync } from "esbuild";
import { checkout } from "../../../local/checkout";

/** The bin as one file, for tests that run it as a process: compiled in a moment, with its packages left outside. */
export function bundleCommand(outfile: string): { script: string; env: NodeJS.ProcessEnv } {
  buildSync({
    ...{ entryPoints: [checkout("components/command/main.ts")], outfile },
    ...{ bundle: true, platform: "node", packages: "external" },
  });
  return { script: outfile, env: { ...process.env, NODE_PATH: checkout("node_modules") } };
}
