import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInThisContext } from "node:vm";
import ts from "typescript";
import { runCommand, type Ran } from "../runCommand";
import { renderSchemaModule } from "../../../../components/command/schemas/module";

const manifest = "examples/databases/v1-v2.yaml";

const run = (...args: string[]): Promise<Ran> => runCommand("schemas", ...args);

function load(source: string): { group: string; kind: string; versions: Record<string, unknown> } {
  const module = ts.transpile(source, { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 });
  const run = runInThisContext(`(exports) => {${module}; return exports;}`) as (exports: object) => never;
  return run({});
}

test("a manifest becomes a module with group, kind and schemas as const", async () => {
  const { code, out } = await run(manifest);
  expect(code).toBe(0);
  expect(out).toMatch(/^\/\/ Written from examples\/databases\/v1-v2.yaml/);
  expect(out).toMatch(/} as const;\n$/);
  const { group, kind, versions } = load(out);
  expect([group, kind, Object.keys(versions)]).toEqual(["example.com", "Database", ["v1", "v2"]]);
  expect(versions["v2"]).toMatchObject({ properties: { spec: { properties: { password: { type: "string" } } } } });
});

test("versions from the oldest to the newest; texts are left out, fields that are called so are not", () => {
  const version = (name: string) => ({
    name,
    served: true,
    storage: false,
    schema: {
      openAPIV3Schema: {
        type: "object",
        description: "says nothing",
        properties: { description: { type: "string", description: "x" }, "a-b": { enum: ["x", 1] }, ["__proto__"]: {} },
      },
    },
  });
  const versions = ["v2", "v1beta2", "v1", "v10", "v1alpha1", "v1beta1", "v2alpha1"].map(version);
  const crd = { metadata: { name: "x" }, spec: { group: "g", names: { kind: "K" }, versions } };
  const loaded = load(renderSchemaModule(crd as never, "x.yaml"));
  expect(Object.keys(loaded.versions)).toEqual(["v1alpha1", "v1beta1", "v1beta2", "v1", "v2alpha1", "v2", "v10"]);
  expect(JSON.stringify(loaded.versions["v1"])).toBe(
    '{"type":"object","properties":{"description":{"type":"string"},"a-b":{"enum":["x",1]},"__proto__":{}}}',
  );
});

test("--out writes, --check says whether it is up to date", async () => {
  const folder = mkdtempSync(join(tmpdir(), "schemas-"));
  const out = join(folder, "schemas.ts");
  try {
    expect((await run(manifest, "--out", out)).code).toBe(0);
    expect(readFileSync(out, "utf8")).toBe((await run(manifest)).out);
    expect((await run(manifest, "--out", out, "--check")).code).toBe(0);
    writeFileSync(out, "export {};");
    expect(await run(manifest, "--out", out, "--check")).toMatchObject({
      code: 1,
      err: expect.stringContaining("not what"),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each([[[]], [["a", "b"]], [[manifest, "--check"]], [["no-such-file.yaml"]], [[manifest, "--unknown"]]])(
  "%j => refused, with a reason",
  async (args: string[]) => {
    const { code, out, err } = await run(...args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).not.toBe("");
  },
);
