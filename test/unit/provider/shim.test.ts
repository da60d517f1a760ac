import { execFileSync } from "child_process";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { packageFolderForShim, shimText } from "../../../components/provider/shim";
import { PHASES, type PhaseName } from "../../../components/versionedCRD/phase";

const PROVIDER = "dist/components/versionedCRD/provider.js";

/** A compiled provider that answers every call with its own name and what it was given. */
function fakeProvider(name: string): string {
  return `exports.provider = (phase, config) => new Proxy({}, {
    get: (_, method) => (...args) => ({ name: ${JSON.stringify(name)}, phase, config, method, args }),
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

type Call = [method: string, ...args: unknown[]];

interface LoadOptions {
  phase?: PhaseName;
  cwd?: string;
}

/** Loads the text as cmd/dynamic-provider does, in a process of its own whose working directory is the project. */
function load(calls: Call[], { phase = "store", cwd = "." }: LoadOptions = {}): Record<string, unknown>[] {
  const script = `
    const provider = require(process.argv[1])(process.argv[2]).handler();
    const answers = JSON.parse(process.argv[3]).map(([method, ...args]) => provider[method](...args));
    console.log(JSON.stringify(answers.map((answer) => answer ?? null)));`;
  const args = [
    "-e",
    script,
    require.resolve("require-from-string"),
    shimText("versionedCRD", phase),
    JSON.stringify(calls),
  ];
  const options = { cwd: path.join(folder, cwd), encoding: "utf8", stdio: "pipe" } as const;
  return JSON.parse(execFileSync(process.execPath, args, options)) as Record<string, unknown>[];
}

const here = { __from: "library", crd: "databases.example.com" };

test.each<[string, unknown[]]>([
  ["check", [{ old: true }, here]],
  ["diff", ["id", { old: true }, here]],
  ["create", [here]],
  ["update", ["id", { old: true }, here]],
  ["delete", ["id", here]],
])("%s is forwarded to the provider of its phase, with the same arguments", (method, args) => {
  write(`library/${PROVIDER}`, fakeProvider("library"));
  expect(load([[method, ...args]])).toEqual([{ name: "library", phase: "store", method, args }]);
});

test.each(PHASES)("the text of %s asks for this phase", (phase) => {
  write(`library/${PROVIDER}`, fakeProvider("library"));
  expect(load([["create", here]], { phase })).toMatchObject([{ phase }]);
});

test("the stack's configuration reaches the provider", () => {
  write(`library/${PROVIDER}`, fakeProvider("library"));
  const config = { "kubernetes:context": "prod" };
  const [, answer] = load([
    ["configure", { config }],
    ["create", here],
  ]);
  expect(answer).toMatchObject({ config });
});

test("the folder is read anew at every call: an old state runs today's code from where it is today", () => {
  write(`library/${PROVIDER}`, fakeProvider("library"));
  write(`moved/${PROVIDER}`, fakeProvider("moved"));
  expect(
    load([
      ["create", here],
      ["create", { ...here, __from: "moved" }],
    ]),
  ).toMatchObject([{ name: "library" }, { name: "moved" }]);
});

test("a folder that is not there any more => the package as the project resolves it, by name from the working directory", () => {
  const installed = "node_modules/pulumi-kubernetes-storage-migration";
  write(`${installed}/package.json`, JSON.stringify({ exports: { "./versionedCRD/provider": "./provider.js" } }));
  write(`${installed}/provider.js`, fakeProvider("installed"));
  write("program/Pulumi.yaml", "name: program\n");
  expect(load([["create", here]], { cwd: "program" })).toMatchObject([{ name: "installed" }]);
});

test("neither folder nor package => an error that names the package", () => {
  expect(() => load([["create", here]])).toThrow(/pulumi-kubernetes-storage-migration\/versionedCRD\/provider/);
});

test("the text is one constant a phase: no path, no version, nothing of the program", () => {
  expect(shimText("versionedCRD", "serve")).toBe(shimText("versionedCRD", "serve"));
  expect(shimText("versionedCRD", "serve").replace(/"serve"/g, '"drop"')).toBe(shimText("versionedCRD", "drop"));
  expect(shimText("versionedCRD", "serve")).not.toContain(process.cwd());
  expect(shimText("versionedCRD", "serve")).not.toMatch(/\d+\.\d+\.\d+/);
});

test("the package's folder is told relative to the project", () => {
  expect(packageFolderForShim()).toBe(".");
  expect(path.isAbsolute(packageFolderForShim())).toBe(false);
});
