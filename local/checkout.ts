import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";

/** A path inside the checkout. The root is searched for, not counted in "..": compiled files sit one folder deeper than their sources. */
export function checkout(...parts: string[]): string {
  let folder = __dirname;
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw new Error(`no package.json above ${__dirname}; expected to run inside a checkout of this project`);
    folder = parent;
  }
  return join(folder, ...parts);
}

/** The checkout's files, compiled ones too, in another folder; what is installed and what runs left behind stays here. */
export function copyCheckout(target: string): void {
  mkdirSync(target, { recursive: true });
  const apart = ["node_modules", ".git", ".local"];
  const copied = readdirSync(checkout()).filter((name) => !apart.includes(name));
  // With times of files to the nanosecond, by which the commands know that dist/ is up to date.
  execFileSync("cp", ["-Rp", ...copied.map((name) => checkout(name)), target]);
}
