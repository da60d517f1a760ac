import { spawnSync } from "child_process";
import * as fs from "fs";
import * as path from "path";
import { checkout } from "../../local/checkout";

jest.setTimeout(120_000);

/** docs/api is what `npm run api` makes of the compiled components: public API changes in sight of a reader, or not at all. */
describe("docs/api says what the package exports", () => {
  const renew = "run `npm run api`, read the difference, and write a line into CHANGELOG.md";

  function run(tool: string, ...args: string[]): string {
    const script = checkout("node_modules", ".bin", tool);
    const { status, stdout, stderr } = spawnSync(process.execPath, [fs.realpathSync(script), ...args], {
      cwd: checkout(),
      encoding: "utf8",
    });
    return status === 0 ? "" : `${stdout}${stderr}\n${renew}`;
  }

  test("the API report is the one that was agreed on", () => {
    expect(run("api-extractor", "run", "-c", "docs/api/api-extractor.json")).toBe("");
  });

  test("the reference is generated from the docstrings as they are", () => {
    const out = checkout(".local", "api", "reference");
    expect(run("typedoc", "--options", "docs/api/typedoc.json", "--out", out)).toBe("");
    const made = fs.readFileSync(path.join(out, "reference.md"), "utf8");
    if (made !== fs.readFileSync(checkout("docs", "api", "reference.md"), "utf8")) throw new Error(`stale: ${renew}`);
  });
});
