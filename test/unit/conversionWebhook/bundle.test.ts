import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { bundleConversion } from "../../../components/conversionWebhook/bundle";

const source = `
import { defineConversion } from "pulumi-kubernetes-storage-migration/conversion";
import { group } from "./group";
const node = { type: "object", properties: { a: { type: "string" } } } as const;
export default defineConversion({ group, kind: "Thing", versions: { v1: node, v2: node }, steps: (step) => [step("v1", "v2", () => [])] });
`;

describe("a conversion as one file", () => {
  const folders: string[] = [];
  const write = (files: Record<string, string>): string => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "bundle-"));
    folders.push(folder);
    for (const [name, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.writeFileSync(path.join(folder, name), text);
    }
    return path.join(folder, "conversion.ts");
  };
  afterAll(() => folders.forEach((folder) => fs.rmSync(folder, { recursive: true })));
  const whole = { "conversion.ts": source, "group.ts": 'export const group = "example.com";' };

  test("the same sources give the same bytes wherever they are, whatever a tsconfig.json beside them says", () => {
    const whole = {
      "conversion.ts": source,
      "group.ts": 'class Names { group = "example.com"; }\nexport const { group } = new Names();',
    };
    const first = bundleConversion(write(whole));
    // What becomes of a field of a class hangs on this setting.
    const settings = '{"compilerOptions":{"target":"ES5","useDefineForClassFields":false}}';
    expect(bundleConversion(write({ ...whole, "tsconfig.json": settings }))).toEqual(first);
    expect(first.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(first.code).not.toContain(path.dirname(folders[0] ?? ""));
    expect(first.code.length).toBeLessThan(200_000);
  });

  test("another source gives another digest", () => {
    const other = { ...whole, "group.ts": 'export const group = "other.example.com";' };
    expect(bundleConversion(write(other)).sha256).not.toBe(bundleConversion(write(whole)).sha256);
  });

  test.each([
    ["a file that is not there", {}, /found no file .*conversion\.ts\n {2}expected: +the module whose default export/],
    [
      "an error of syntax, with its line",
      { "conversion.ts": "export default {\n  oops oops" },
      /conversion\.ts:2: Expected/,
    ],
    [
      "an import that is nowhere",
      { "conversion.ts": 'import "./gone"' },
      /conversion\.ts:1: Could not resolve "\.\/gone"/,
    ],
    [
      "Pulumi",
      {
        "conversion.ts": 'import { x } from "@pulumi/pulumi"; export default x;',
        "node_modules/@pulumi/pulumi/index.js": "exports.x = 1",
      },
      /imports @pulumi\/pulumi\n {2}expected: +no Pulumi in it, nor in what it imports/,
    ],
    [
      "more than a ConfigMap holds",
      { "conversion.ts": `export default ${JSON.stringify("x".repeat(1_100_000))}` },
      /are 1\d{6} bytes as one file\n {2}expected: +at most 1044480, what a ConfigMap holds\n {2}next: +import less, or build an image/,
    ],
  ])("%s is refused", (_, files, reason) => {
    expect(() => bundleConversion(write(files))).toThrow(reason);
  });
});
