import * as path from "node:path";
import { parse } from "yaml";
import type { Definition } from "../../../../components/crd/definition";
import { databases, files, type Files } from "./manifests";
import { runCommand, runCommandWithInput } from "../runCommand";

let here: Files;
beforeAll(() => void (here = files()));
afterAll(() => here.remove());

const before = databases({ port: { type: "integer", maximum: 65535 }, engine: { type: "string" } });
const narrowed = databases({ port: { type: "integer", maximum: 1000 }, engine: { type: "string" } });
const widened = databases({ port: { type: "integer" }, engine: { type: "string" }, host: { type: "string" } });

const check = (old: string, next: string, ...options: string[]) =>
  runCommand("check", here.write("old.yaml", old), here.write("new.yaml", next), ...options);

test("a change that breaks nobody => exit code 0 and one calm line", async () => {
  expect(await check(before, widened)).toEqual({ code: 0, out: "no findings; 1 CRD compared\n", err: "" });
});

test("a bound that is lowered => exit code 1; path, change, why and fix; a last line with the counts", async () => {
  const { code, out, err } = await check(before, narrowed);
  expect([code, err]).toEqual([1, ""]);
  expect(out).toBe(
    [
      "databases.example.com: v1",
      "  error maximum-lowered",
      "    v1.spec.port  maximum 65535 → 1000",
      "    why: Clients that send what is above it are refused, and so is the next write of each object that has such a value.",
      "    fix: Keep the old bound, or tighten it in a new version with a conversion webhook.",
      "",
      "1 error; 1 CRD compared",
      "",
    ].join("\n"),
  );
});

test("findings of one check stand below each other, aligned, with why and fix once", async () => {
  const both = (maximum: number) =>
    databases({ port: { type: "integer", maximum }, replicas: { type: "integer", maximum } });
  const { out } = await check(both(9), both(5));
  expect(out).toContain("    v1.spec.port      maximum 9 → 5\n    v1.spec.replicas  maximum 9 → 5\n    why: ");
  expect(out.match(/why:/g)).toHaveLength(1);
  expect(out).toMatch(/\n2 errors; 1 CRD compared\n$/);
});

test("500 findings: ten of each severity and how many more; --all shows them", async () => {
  const fields = (maximum: number) =>
    Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`f${n}`, { type: "integer", maximum }]));
  const [old, next] = [databases(fields(9)), databases(fields(5))];
  const few = await check(old, next);
  expect(few.out.match(/maximum 9 → 5/g)).toHaveLength(10);
  expect(few.out).toContain("  … and 490 more of error; --all shows them\n");
  expect(few.out).toMatch(/\n500 errors; 1 CRD compared\n$/);
  expect((await check(old, next, "--all")).out.match(/maximum 9 → 5/g)).toHaveLength(500);
});

test("a CRD of 600 kB and 40 versions: every finding is counted, and what is shown stays short", async () => {
  const fields = (maximum: number) =>
    Object.fromEntries(
      Array.from({ length: 145 }, (_, n) => [`f${n}`, { type: "integer", maximum, description: "x".repeat(80) }]),
    );
  const versions = (maximum: number) => {
    const crd = parse(databases(fields(maximum))) as Definition;
    const [first] = crd.spec.versions;
    const all = Array.from({ length: 40 }, (_, n) => ({ ...first, name: `v${n + 1}`, storage: n === 0 }));
    return JSON.stringify({ ...crd, spec: { ...crd.spec, versions: all } });
  };
  expect(versions(9).length).toBeGreaterThan(600_000);
  const { code, out } = await check(versions(9), versions(5));
  expect(code).toBe(1);
  expect(out).toMatch(/\n5,800 errors; 1 CRD compared\n$/);
  expect(out.split("\n").length).toBeLessThan(40);
});

test("CRDs are paired by name: one only in OLD is an error, one only in NEW is free", async () => {
  const caches = databases({}, "caches");
  const removed = await check(`${before}---\n${caches}`, before);
  expect(removed.code).toBe(1);
  expect(removed.out).toMatch(/^caches.example.com: v1 → none\n {2}error crd-removed\n/);
  expect(removed.out).toMatch(/\n1 error; 1 CRD compared\n$/);
  expect(await check(before, `${caches}---\n${before}`)).toMatchObject({
    code: 0,
    out: "no findings; 1 CRD compared, 1 new\n",
  });
});

test("no pair => exit code 2, with the names on both sides", async () => {
  const { code, out, err } = await check(before, databases({}, "caches"));
  expect([code, out]).toEqual([2, ""]);
  expect(err).toMatch(/^no CRD is in both OLD and NEW:\n/);
  expect(err).toMatch(/OLD .+old.yaml: databases.example.com\n +NEW .+new.yaml: caches.example.com\n/);
});

test("documents of other kinds are skipped, and counted in one line", async () => {
  const { code, err } = await check(`kind: Service\n---\n${before}---\nkind: Deployment\n---\n---\n`, before);
  expect(code).toBe(0);
  expect(err).toMatch(/^.*old.yaml: skipped 2 documents of other kinds \(Deployment, Service\)\n$/);
});

test("what is no CRD at all => exit code 2", async () => {
  const { code, err } = await check(before, "kind: Deployment\n");
  expect(code).toBe(2);
  expect(err).toMatch(
    /new.yaml: holds no CustomResourceDefinition, but 1 document of another kind \(Deployment\)\n {2}expected: /,
  );
});

test("NEW that the API server would refuse => exit code 2 with its problems and where it stands", async () => {
  const twoStored = before.replace(/^ {2}versions:\n/m, "$&    - { name: v2, served: true, storage: true }\n");
  const { code, err } = await check(before, twoStored);
  expect(code).toBe(2);
  expect(err).toMatch(/new.yaml: .*storage/);
  expect((await check(before, `kind: Service\n---\n${twoStored}`)).err).toMatch(/new.yaml:3: .*storage/);
});

test("OLD is history: its form has to be right, and no more", async () => {
  const unserved = before.replace("served: true", "served: false");
  expect(await check(unserved, before)).toMatchObject({ code: 0 });
  expect(await check(before, unserved)).toMatchObject({ code: 2 });
});

test("the same CRD twice on one side => exit code 2 with both places", async () => {
  const { code, err } = await check(before, `${before}---\n${before}`);
  expect(code).toBe(2);
  expect(err).toMatch(/databases.example.com is there twice:\n +\S+new.yaml:1\n +\S+new.yaml:\d+\n/);
});

test("what kubectl lists counts one by one", async () => {
  const list = `apiVersion: v1\nkind: List\nitems:\n  - ${narrowed.trimEnd().replace(/\n/g, "\n    ")}\n`;
  expect(await check(before, list)).toMatchObject({ code: 1 });
});

test("YAML that is none => exit code 2 with line and column", async () => {
  const { code, err } = await check(before, `${before}  - "\n`);
  expect(code).toBe(2);
  expect(err).toMatch(/new.yaml:\d+:\d+: not valid YAML/);
});

test("a folder: every manifest in it, not the folders below it", async () => {
  const old = here.write("chart/databases.yaml", before).replace(/\/databases.yaml$/, "");
  here.write("chart/caches.yml", databases({}, "caches"));
  here.write("chart/notes.txt", "no: [");
  here.write("chart/more/queues.yaml", databases({}, "queues"));
  expect(await runCommand("check", old, here.write("new.yaml", `${before}---\n${databases({}, "caches")}`))).toEqual({
    code: 0,
    out: "no findings; 2 CRDs compared\n",
    err: "",
  });
});

test("an empty folder at NEW: what was there is missed; at OLD, and what cannot be read => exit code 2", async () => {
  const empty = here.write("empty/notes.txt", "").replace(/\/notes.txt$/, "");
  const old = here.write("old/crd.yaml", before);
  const removed = await runCommand("check", path.dirname(old), empty);
  expect(removed).toMatchObject({ code: 1, err: `${empty}: no manifest is there\n` }); // the last CRD is taken out
  expect(removed.out).toContain("crd-removed");
  expect((await runCommand("check", empty, empty)).err).toMatch(
    /holds no CustomResourceDefinition\n.*\n {2}why: +of a folder/,
  );
  expect((await runCommand("check", `${empty}/none.yaml`, empty)).err).toMatch(
    /none.yaml: cannot be read \(ENOENT\)\n/,
  );
});

test("- is standard input, for one side", async () => {
  const file = here.write("old.yaml", before);
  expect(await runCommandWithInput(narrowed, "check", file, "-")).toMatchObject({ code: 1 });
  expect(await runCommandWithInput(narrowed, "check", "-", file)).toMatchObject({ code: 0 });
  const twice = await runCommandWithInput(narrowed, "check", "-", "-");
  expect(twice.code).toBe(2);
  expect(twice.err).toMatch(/^- is given twice\n.*\n\nusage: /s);
});

test.each([
  [["a"], /^1 input given\n {2}expected: two, OLD and NEW\n/],
  [["a", "b", "c"], /^3 inputs given\n/],
  [["live:", "live:prod"], /^OLD and NEW are both live:\n/],
  [["a", "b", "--json", "--sarif"], /^--json and --sarif are given\n {2}expected: one of them\n/],
  [["a", "b", "--json", "--all"], /^--json and --all are given\n/],
])("%j => exit code 2, what is wrong, and the usage", async (args, said) => {
  const { code, err } = await runCommand("check", ...args);
  expect(code).toBe(2);
  expect(err).toMatch(said);
  expect(err).toMatch(/\n\nusage: kubernetes-storage-migration check OLD NEW /);
});
