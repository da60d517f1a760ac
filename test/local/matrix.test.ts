import { existsSync, readFileSync } from "node:fs";
import { checkout } from "../../local/checkout";
import { rowsOf, tally, type Manifest } from "../../local/matrixRows";

const manifest = JSON.parse(readFileSync(checkout("package.json"), "utf8")) as Manifest;

test("a row for every control plane but the newest, which `npm test` has, for API servers that ask each other, for later Node.js, and for the two ends of what Pulumi may be", () => {
  const rows = rowsOf({ peerDependencies: { "@pulumi/pulumi": "^3.1.0", "@pulumi/kubernetes": "^4.2.0" } });
  expect(rows.map(({ name, env, packages }) => [name, env, packages])).toEqual([
    ["kubernetes-1.36", { KUBERNETES_VERSION: "1.36" }, undefined],
    ["kubernetes-1.30", { KUBERNETES_VERSION: "1.30" }, undefined],
    ["mixed-version-proxy", { MIXED_VERSION_PROXY: "on" }, undefined],
    ["node-22", {}, undefined],
    ["node-24", {}, undefined],
    ["pulumi-oldest", { PULUMI_CLI: "oldest" }, ["@pulumi/pulumi@3.1.0", "@pulumi/kubernetes@4.2.0"]],
    ["pulumi-newest", {}, ["@pulumi/pulumi@^3.1.0", "@pulumi/kubernetes@^4.2.0"]],
  ]);
});

test("every file that a row names is there", () => {
  const files = rowsOf(manifest).flatMap((row) => row.files);
  expect(files.filter((name) => !existsSync(checkout("test", "e2e", `${name}.test.ts`)))).toEqual([]);
});

test("the last line is the sum; a row that came to no count has failed", () => {
  const printed = { a: "…\n\n3 passed, 1 failed\n", b: "tsc ended with exit code 2\n" };
  const results = Object.entries(printed).map(([name, output]) => ({ row: { name }, output }));
  expect(tally(results)).toEqual({
    lines: ["a: 3 passed, 1 failed", "b: 0 passed, 1 failed", "3 passed, 2 failed"],
    failed: 2,
  });
});

test("no row at all is a failure", () => {
  expect(tally([]).failed).toBe(1);
});
