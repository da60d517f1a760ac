import { execFileSync } from "node:child_process";
import { checkout } from "../../../local/checkout";

/** What the bin loads before it is told what to do, and for the subcommands without a cluster. */
test("neither Pulumi nor the Kubernetes client is loaded to compare files", () => {
  const program = `
    require("ts-node/register/transpile-only");
    const { main } = require("./components/command/main");
    const quiet = { print: () => {}, complain: () => {}, readStdin: async () => "", isScreen: false };
    const files = ["examples/databases/v1.yaml", "examples/databases/v1-v2.yaml"];
    main(["check", ...files], quiet).then(() => main(["notes", ...files], quiet)).then((code) => {
      const packages = Object.keys(require.cache).map((file) => /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(file)?.[1]);
      console.log(JSON.stringify([code, [...new Set(packages)]]));
    });`;
  const [code, packages] = JSON.parse(
    execFileSync(process.execPath, ["-e", program], { cwd: checkout(), encoding: "utf8" }),
  ) as [number, string[]];
  expect(code).toBe(0);
  expect(packages).toContain("yaml");
  const tools =
    /^(?:ts-node|typescript|@cspotcode\/.+|@tsconfig\/.+|@jridgewell\/.+|acorn.*|arg|create-require|diff|make-error|v8-compile-cache-lib|yn)$/;
  expect(packages.filter((name) => name !== null && name !== "yaml" && !tools.test(name))).toEqual([]);
});
