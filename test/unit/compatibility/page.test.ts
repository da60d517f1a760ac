import * as fs from "fs";
import type { Check } from "../../../components/compatibility/check";
import { DEFINITION_CHECKS, NODE_CHECKS, OTHER_CHECKS, VERSION_CHECKS } from "../../../components/compatibility/checks";
import { checkout } from "../../../local/checkout";

const PAGE = checkout("docs", "checks.md");
const [BEGIN, END] = [/<!-- checks: .*-->\n/, "<!-- end of checks -->"];

function table(heading: string, checks: readonly Check[]): string {
  const rows = checks.map(
    ({ id, severity, explain, why, fix }) => `| \`${id}\` | ${severity} | ${explain} | ${why} | ${fix} |`,
  );
  return [
    `### ${heading}`,
    "",
    "| check | severity | finds | why | what to do |",
    "|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

test("docs/checks.md lists every check as the code has it; UPDATE_DOCS=1 writes it anew", () => {
  const page = fs.readFileSync(PAGE, "utf8");
  const begin = BEGIN.exec(page);
  const from = begin!.index + begin![0].length;
  const text = [
    table("Of the CRD and its versions", DEFINITION_CHECKS),
    table("Of one version that was there before", VERSION_CHECKS),
    table("Of each node of its schema", NODE_CHECKS),
    table("Of all that is left", OTHER_CHECKS),
  ].join("\n");
  const wanted = `${page.slice(0, from)}\n${text}\n${page.slice(page.indexOf(END))}`;
  if (process.env["UPDATE_DOCS"] === "1") fs.writeFileSync(PAGE, wanted);
  expect(fs.readFileSync(PAGE, "utf8")).toBe(wanted);
});

test("ids are kebab-case, and each sentence ends", () => {
  const checks = [...DEFINITION_CHECKS, ...VERSION_CHECKS, ...NODE_CHECKS, ...OTHER_CHECKS];
  for (const { id, explain, why, fix } of checks) {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)+$|^unhandled$/);
    expect([explain, why, fix].filter((each) => !/^[A-Z`].*[.`/a-z-]$/.test(each) || /\|/.test(each))).toEqual([]);
  }
});
