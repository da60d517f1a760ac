import { execFileSync } from "node:child_process";
import { checkout } from "../../../local/checkout";
import { bundleCommand } from "./bundledCommand";
import { files } from "./check/manifests";

test("comparing files loads yaml, and neither Pulumi nor the Kubernetes client", () => {
  const here = files();
  const { script, env } = bundleCommand(`${here.folder}/main.js`);
  const loaded = here.write(
    "loaded.js",
    `process.on("exit", () => {
      const packages = Object.keys(require.cache).map((file) => /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(file)?.[1]);
      console.error(JSON.stringify([...new Set(packages.filter((name) => name !== undefined))]));
    });`,
  );
  const packagesOf = (subcommand: string, ...args: string[]): unknown => {
    const run = `"${process.execPath}" -r "${loaded}" "${script}" ${[subcommand, ...args].join(" ")} 2>&1 >/dev/null`;
    return JSON.parse(execFileSync("sh", ["-c", run], { cwd: checkout(), env, encoding: "utf8" }));
  };
  const pair = ["examples/databases/v1-v2.yaml", "examples/databases/v1-v2.yaml"];
  expect(packagesOf("check", ...pair)).toEqual(["yaml"]);
  expect(packagesOf("notes", ...pair)).toEqual(["yaml"]);
  expect(packagesOf("--help")).toEqual(["yaml"]);
  here.remove();
});
