import { execFile } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { cached } from "./cache";
import { Progress } from "./progress";

export interface Sshd {
  /** absolute, as sshd wants to be called */
  command: string;
  env: NodeJS.ProcessEnv;
  /** more lines for its configuration: where the rest of it lies */
  settings: string[];
}

const run = promisify(execFile);

// What it links to and an ordinary system without it lacks.
const packages = ["openssh-server", "libwrap0", "libnsl2"];

/** OpenSSH's server: the one on this machine, else the package of this Debian or Ubuntu, unpacked in our cache and not installed. */
export async function findSshd(env: NodeJS.ProcessEnv = process.env): Promise<Sshd> {
  const places = [...(env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin", "/sbin"];
  const installed = places.map((folder) => join(folder, "sshd")).find((file) => existsSync(file));
  if (installed)
    return { command: installed, env, settings: existsSync("/usr/lib/openssh/sshd-session") ? [lenient] : [] };
  try {
    const folder = await cached({ name: "sshd", key: `${release()}-${process.arch}`, make: download });
    return unpacked(folder, env);
  } catch (error) {
    throw new Error(
      `found no sshd on PATH or in /usr/sbin; expected OpenSSH's server, for the tests of files over SSH.\n` +
        `  The Debian package could not be had either: ${(error as Error).message}\n` +
        `  Install it (Debian, Ubuntu: apt-get install openssh-server), then run the same command again.`,
    );
  }
}

// From 9.8 a host that fails to log in, as our tests do on purpose, is shut out for a while.
const lenient = "PerSourcePenalties no";

function unpacked(folder: string, env: NodeJS.ProcessEnv): Sshd {
  const libraries = ["usr/lib", "lib"]
    .map((name) => join(folder, name))
    .filter((path) => existsSync(path))
    .flatMap((path) => readdirSync(path).map((name) => join(path, name)))
    .filter((path) => path.endsWith("-linux-gnu"));
  const parts = join(folder, "usr", "lib", "openssh");
  const settings = [
    ["sshd-session", "SshdSessionPath"],
    ["sshd-auth", "SshdAuthPath"],
  ].flatMap(([file = "", setting = ""]) => (existsSync(join(parts, file)) ? [`${setting} ${join(parts, file)}`] : []));
  return {
    command: join(folder, "usr", "sbin", "sshd"),
    env: { ...env, LD_LIBRARY_PATH: [...libraries, env["LD_LIBRARY_PATH"]].filter(Boolean).join(":") },
    settings: settings.length > 0 ? [...settings, lenient] : [],
  };
}

async function download(folder: string): Promise<void> {
  const progress = new Progress("OpenSSH server");
  try {
    // apt checks what it downloads against the signed lists of the distribution.
    await run("apt-get", ["download", ...packages], { cwd: folder, timeout: 120_000 });
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".deb"))) {
      await run("dpkg", ["-x", join(folder, file), folder]);
      rmSync(join(folder, file));
    }
    progress.end("downloaded");
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error((stderr || message).trim().split("\n").slice(-3).join(" | "));
  } finally {
    progress.clear();
  }
}

function release(): string {
  const text = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  const field = (name: string): string => new RegExp(`^${name}="?([^"\\n]*)"?$`, "m").exec(text)?.[1] ?? "unknown";
  return `${field("ID")}-${field("VERSION_ID")}`;
}
