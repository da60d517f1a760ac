import { execFileSync } from "child_process";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { shimText } from "../../../components/provider/shim";
import { PHASES, type PhaseName } from "../../../components/versionedCRD/phase";

const NAME = "pulumi-kubernetes-storage-migration";

/** A compiled provider that answers every call with its own name and what it was given. */
function fakeProvider(name: string): string {
  return `exports.provider = (phase) => new Proxy({}, {
    get: (_, method) => (...args) => ({ name: ${JSON.stringify(name)}, phase, method, args }),
  });`;
}

let folder: string;
beforeEach(() => void (folder = fs.mkdtempSync(path.join(os.tmpdir(), "shim-"))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

function write(file: string, text: string): void {
  const absolute = path.join(folder, file);
  fs.mkdirSync(path.dirname(absolute), { recursive: true });
  fs.writeFileSync(absolute, text);
}

/** The package as a checkout or an installation has it. */
function writePackage(at: string, name: string): void {
  write(`${at}/package.json`, JSON.stringify({ name: NAME, exports: { "./versionedCRD/provider": "./provider.js" } }));
  write(`${at}/provider.js`, fakeProvider(name));
}

type Call = [method: string, ...args: unknown[]];

interface LoadOptions {
  phase?: PhaseName;
  from?: string;
  cwd?: string;
}

/** Loads the text as cmd/dynamic-provider does, in a process of its own whose working directory is the project. */
function load(
  calls: Call[],
  { phase = "store", from = "library", cwd = "." }: LoadOptions = {},
): Record<string, unknown>[] {
  const script = `
    const provider = require(process.argv[1])(process.argv[2]).handler();
    const answers = JSON.parse(process.argv[3]).map(([method, ...args]) => provider[method](...args));
    console.log(JSON.stringify(answers.map((answer) => answer ?? null)));`;
  const args = [
    "-e",
    script,
    require.resolve("require-from-string"),
    shimText("versionedCRD", phase, from),
    JSON.stringify(calls),
  ];
  const options = { cwd: path.join(folder, cwd), encoding: "utf8", stdio: "pipe" } as const;
  return JSON.parse(execFileSync(process.execPath, args, options)) as Record<string, unknown>[];
}

const inputs = { crd: "databases.example.com" };

test.each<[string, unknown[]]>([
  ["configure", [{ config: { "kubernetes:context": "prod" } }]],
  ["check", [{ old: true }, inputs]],
  ["diff", ["id", { old: true }, inputs]],
  ["create", [inputs]],
  ["update", ["id", { old: true }, inputs]],
  ["delete", ["id", inputs]],
])("%s is the provider's own, with the same arguments", (method, args) => {
  writePackage("library", "library");
  expect(load([[method, ...args]])).toEqual([{ name: "library", phase: "store", method, args }]);
});

test.each(PHASES)("the text of %s asks for this phase", (phase) => {
  writePackage("library", "library");
  expect(load([["create", inputs]], { phase })).toMatchObject([{ phase }]);
});

test("the package where the program found it goes before another one that is installed", () => {
  writePackage("library", "library");
  writePackage(`node_modules/${NAME}`, "installed");
  expect(load([["create", inputs]])).toMatchObject([{ name: "library" }]);
  expect(load([["create", inputs]], { from: `node_modules/${NAME}` })).toMatchObject([{ name: "installed" }]);
});

test("a folder that is not there any more => the package as the project resolves it, by name from the working directory", () => {
  writePackage(`node_modules/${NAME}`, "installed");
  write("program/Pulumi.yaml", "name: program\n");
  expect(load([["create", inputs]], { cwd: "program" })).toMatchObject([{ name: "installed" }]);
});

test("neither folder nor package => an error that names the package", () => {
  expect(() => load([["create", inputs]])).toThrow(/pulumi-kubernetes-storage-migration\/versionedCRD\/provider/);
});

test("the text is one constant a phase: no version, nothing of the program, and the package's folder relative to the project", () => {
  const text = shimText("versionedCRD", "serve");
  expect(text).toBe(shimText("versionedCRD", "serve"));
  expect(text.replace(/"serve"/g, '"drop"')).toBe(shimText("versionedCRD", "drop"));
  expect(text).toContain('[".", "."]');
  expect(text).not.toContain(process.cwd());
  expect(text).not.toMatch(/\d+\.\d+\.\d+/);
});
