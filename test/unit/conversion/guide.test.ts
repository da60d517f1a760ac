import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";
import ts from "typescript";
import * as conversion from "../../../components/conversion";
import { checkLaws } from "../../../components/conversionTesting/checkLaws";

test("the guide's conversion works, and keeps every law", () => {
  const [, source = ""] = /```ts\n([\s\S]*?)```/.exec(readFileSync("docs/conversion.md", "utf8")) ?? [];
  const { outputText } = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.CommonJS } });
  const exported: { default?: conversion.Conversion } = {};
  const run = runInThisContext(`(exports, require) => {${outputText}}`) as (exports: object, require: object) => void;
  run(exported, (name: string) => {
    expect(name).toBe("pulumi-kubernetes-storage-migration/conversion");
    return conversion;
  });
  const selfies = exported.default as conversion.Conversion;
  const metadata = { name: "a" };
  const v1 = { apiVersion: "stable.example.com/v1", kind: "SelfieRequest", metadata, hostPort: "example.com:8080" };
  expect(selfies.convert(v1, "v2")).toMatchObject({ host: "example.com", port: "8080" });
  expect(checkLaws(selfies, { runs: 30 })).toEqual([]);
});
