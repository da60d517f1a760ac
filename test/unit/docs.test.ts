import * as fs from "fs";
import * as path from "path";
import ts from "typescript";
import { checkout } from "../../local/checkout";

const pages = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md"]
  .concat(fs.readdirSync(checkout("docs")).map((name) => `docs/${name}`))
  .filter((name) => name.endsWith(".md"));
const textOf = (page: string): string => fs.readFileSync(checkout(page), "utf8");

/** As the usual hosts name the heading of a page. */
function anchorsOf(page: string): string[] {
  return [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\- ]/gu, "")
      .replace(/ /g, "-"),
  );
}

test.each(pages)("%s: each link leads to a file, and to a heading that is there", (page) => {
  const links = [
    ...textOf(page)
      .replace(/```[^]*?```/g, "")
      .matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g),
  ];
  const broken = links.filter(([, file = "", anchor]) => {
    const target = file === "" ? page : path.join(path.dirname(page), file);
    if (!fs.existsSync(checkout(target))) return true;
    return anchor !== undefined && target.endsWith(".md") && !anchorsOf(target).includes(anchor);
  });
  expect(broken.map(([link]) => link)).toEqual([]);
});

test("every page of docs/ begins with a task and soon shows a block to paste", () => {
  const reference = ["docs/claims.md", "docs/figures.md", "docs/compatibility.md", "docs/local-control-plane.md"];
  const late = pages
    .filter((page) => page.startsWith("docs/") && !reference.includes(page))
    .filter((page) => !/```/.test(textOf(page).split("\n").slice(0, 12).join("\n")));
  expect(late).toEqual([]);
});

test("every program that a page shows whole compiles", () => {
  const blocks = pages.flatMap((page) =>
    [...textOf(page).matchAll(/```ts\n(import [^]*?)```/g)].map(([, text = ""], index) => ({ page, index, text })),
  );
  expect(blocks.length).toBeGreaterThan(8);
  const folder = fs.mkdtempSync(checkout("test", "docs-"));
  try {
    // What a page calls `./conversion` is any conversion.
    fs.copyFileSync(checkout("examples", "selfierequests", "conversion.ts"), path.join(folder, "conversion.ts"));
    const files = blocks.map(({ page, index, text }) => {
      const file = path.join(folder, `${page.replace(/\W/g, "_")}_${index}.ts`);
      fs.writeFileSync(file, text);
      return file;
    });
    const { config } = ts.readConfigFile(checkout("tsconfig.json"), (file) => ts.sys.readFile(file)) as {
      config: { compilerOptions: object };
    };
    const { options } = ts.parseJsonConfigFileContent(
      { compilerOptions: { ...config.compilerOptions, types: ["node"] }, files },
      ts.sys,
      checkout(),
    );
    const said = ts.getPreEmitDiagnostics(ts.createProgram(files, options)).map((found) => {
      const at = path.basename(found.file?.fileName ?? "");
      return `${at}: ${ts.flattenDiagnosticMessageText(found.messageText, " ")}`;
    });
    expect(said).toEqual([]);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
