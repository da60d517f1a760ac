import { execFile } from "child_process";
import * as fs from "fs";
import * as path from "path";
import { promisify } from "util";
import { checkout } from "../../../local/checkout";
import { cached } from "../../../local/toolchain/cache";
import { digestOf } from "../../../local/toolchain/digest";
import { findGo } from "../../../local/toolchain/go";
import { goBuild } from "../../../local/toolchain/goBuild";
import type { Absent } from "../stage";

/** The Go programs of this bench, each with the module that it is part of. */
const PROGRAMS = { crdmigrator: "crdmigrator", kubectl: "clients", methods: "clients", lean: "clients" } as const;

export type ProgramName = keyof typeof PROGRAMS;

/** The binary, built once; or why there is none, which is no reason for the others not to run. */
export async function findProgram(name: ProgramName): Promise<string | Absent> {
  const module = checkout("bench", "peers", PROGRAMS[name]);
  const source = PROGRAMS[name] === name ? module : path.join(module, name);
  const inputs = [path.join(module, "go.mod"), path.join(module, "go.sum"), ...goFiles(source)];
  try {
    const built = await cached({
      name: `peer-${name}`,
      key: digestOf(inputs, [process.platform, process.arch]),
      make: async (target) => {
        const output = path.join(target, name);
        const found = `./${path.relative(module, source)}`;
        await goBuild(await findGo(), { subject: `peer ${name}`, folder: module, package: found, output });
      },
    });
    return path.join(built, name);
  } catch (error) {
    return { name, why: (error as Error).message };
  }
}

function goFiles(folder: string): string[] {
  const names = fs.readdirSync(folder).filter((file) => file.endsWith(".go"));
  return names.sort().map((file) => path.join(folder, file));
}

/** Its output. @throws Error with the first line of its complaints */
export async function runProgram(program: string, args: readonly string[]): Promise<string> {
  const run = promisify(execFile)(program, args, { maxBuffer: Infinity });
  const { stdout } = await run.catch(({ code, stderr }: { code: unknown; stderr?: string }) => {
    throw new Error(`${path.basename(program)} ended with ${String(code)}; expected 0: ${firstLineOf(stderr ?? "")}`);
  });
  return stdout;
}

export function firstLineOf(complaints: string): string {
  return complaints.trim().split("\n")[0] ?? "";
}

/** Which release of a Go module a program is built with. */
export function moduleVersion(goMod: string, module: string): string {
  const [, version] = new RegExp(`^\\s*${module.replace(/\W/g, "\\$&")} (v\\S+)`, "m").exec(goMod) ?? [];
  if (version === undefined) throw new Error(`go.mod does not require ${module}; expected a line with its version`);
  return version;
}
