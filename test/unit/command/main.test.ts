import * as fs from "node:fs";
import { checkout } from "../../../local/checkout";
import { runCommand } from "./runCommand";

test("--help lists every subcommand with one line, and each has a help that names its exit codes", async () => {
  const { code, out } = await runCommand("--help");
  expect(code).toBe(0);
  const names = [...out.matchAll(/^ {2}(\w+) {2,}\S/gm)].map(([, name = ""]) => name);
  expect(names).toContain("schemas");
  for (const name of names) {
    const help = await runCommand(name, "--help");
    expect(help).toMatchObject({ code: 0, err: "" });
    expect(help.out).toMatch(new RegExp(`^usage: kubernetes-storage-migration ${name} `));
    expect(help.out).toMatch(/Exit code: 0 .+, 1 .+, 2 /s);
  }
});

test.each([
  [[], /^no subcommand\n/],
  [["chekc"], /^unknown subcommand chekc\n/],
  [["help", "chekc"], /^unknown subcommand chekc\n/],
])("%j => exit code 2, and the subcommands", async (args, said) => {
  const { code, out, err } = await runCommand(...args);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toMatch(said);
  expect(err).toMatch(/^ {2}schemas {2,}\S/m);
});

test("an unknown option => what is wrong, then the usage line", async () => {
  const { code, err } = await runCommand("schemas", "x.yaml", "--nmae", "y");
  expect(code).toBe(2);
  expect(err).toMatch(/^Unknown option '--nmae'\n\nusage: kubernetes-storage-migration schemas /s);
});

test("help SUBCOMMAND => what SUBCOMMAND --help says; help alone => the subcommands", async () => {
  expect(await runCommand("help", "schemas")).toEqual(await runCommand("schemas", "--help"));
  expect(await runCommand("help")).toEqual(await runCommand("--help"));
});

test("--version => the package's version and nothing else", async () => {
  const { version } = JSON.parse(fs.readFileSync(checkout("package.json"), "utf8")) as { version: string };
  expect(await runCommand("--version")).toEqual({ code: 0, out: `${version}\n`, err: "" });
});
