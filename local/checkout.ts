import { existsSync } from "node:fs";
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
