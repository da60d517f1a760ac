import { execFile } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { promisify } from "node:util";
import { cached } from "./cache";
import { sha256OfFile } from "./digest";
import { Progress } from "./progress";

export interface Go {
  command: string;
  env: NodeJS.ProcessEnv;
}

const needed = { major: 1, minor: 26 };

// From the list of the Go project's download page, https://go.dev/dl/.
const official = {
  version: "1.26.8",
  sha256: {
    "linux-amd64": "d0f743b33e8d8945e6b1f432edd15785c70507121d6e2a723b21285eddf8b57b",
    "linux-arm64": "211ffced9dcb9633a55eac6364816ec0ddd951389a740e88fa8b3337971bdda0",
    "darwin-amd64": "186be014105aa6542b767d2c6ed5cca10a0214bdff809ef1724022a8c7894150",
    "darwin-arm64": "a012b25b571bd0138a03dcd25375ceba866fe5ca822f426d2c66a4de56fd3f4b",
  } as Record<string, string>,
};

/** Go 1.26 or later: the one on PATH, else the official download, kept in our cache. */
export async function findGo(env: NodeJS.ProcessEnv = process.env): Promise<Go> {
  const found = await versionOnPath(env);
  // GOTOOLCHAIN=local: an old Go would else fetch a newer one by itself, with no word about it.
  if (found && isEnough(found)) return { command: "go", env: { ...env, GOTOOLCHAIN: "local" } };
  try {
    const folder = await cached({ name: "go", key: official.version, make: download });
    const root = join(folder, "go");
    return { command: join(root, "bin", "go"), env: { ...env, GOROOT: root, GOTOOLCHAIN: "local" } };
  } catch (error) {
    throw new Error(
      `${found ? `found Go ${found} on PATH` : "found no Go on PATH"}; expected Go ${needed.major}.${needed.minor} or later, to build what this machine lacks.\n` +
        `  The official download of Go ${official.version} did not work either: ${(error as Error).message}\n` +
        `  Install Go ${needed.major}.${needed.minor} as https://go.dev/doc/install says, then run the same command again.`,
    );
  }
}

async function versionOnPath(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)("go", ["env", "GOVERSION"], { env: { ...env, GOTOOLCHAIN: "local" } });
    return stdout.trim().replace(/^go/, "");
  } catch {
    return undefined;
  }
}

export function isEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map((part) => parseInt(part, 10));
  return major > needed.major || (major === needed.major && minor >= needed.minor);
}

async function download(folder: string): Promise<void> {
  const platform = `${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
  const expected = official.sha256[platform];
  if (!expected)
    throw new Error(`no download is known for ${platform}; expected one of ${Object.keys(official.sha256).join(", ")}`);
  const url = `https://go.dev/dl/go${official.version}.${platform}.tar.gz`;
  const progress = new Progress(`Go ${official.version}`);
  const response = await fetchPromptly(url);
  const archive = join(folder, "go.tar.gz");
  await pipeline(
    counted(response, (text) => progress.update(text)),
    createWriteStream(archive),
  );
  const found = await sha256OfFile(archive);
  if (found !== expected) throw new Error(`${url} has sha256 ${found}; expected ${expected}`);
  await promisify(execFile)("tar", ["-xzf", archive, "-C", folder]);
  await promisify(execFile)("rm", [archive]);
  progress.end("downloaded");
}

/** A host that cannot be reached answers nothing at all: seconds are enough to know, the download itself may take minutes. */
async function fetchPromptly(url: string): Promise<Response> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), 10_000);
  try {
    const response = await fetch(url, { signal: patience.signal });
    if (!response.ok || !response.body) throw new Error(`${url} answered ${response.status}`);
    return response;
  } catch (error) {
    if (patience.signal.aborted) throw new Error(`${url} did not answer within 10 s`);
    const cause = (error as { cause?: Error }).cause;
    throw cause ? new Error(`${url}: ${cause.message}`) : error;
  } finally {
    clearTimeout(timer);
  }
}

function counted(response: Response, tell: (text: string) => void): Readable {
  const total = Number(response.headers.get("content-length") ?? 0);
  let bytes = 0;
  const megabytes = (count: number): string => (count / 1e6).toFixed(0);
  return Readable.fromWeb(response.body as ReadableStream).on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    tell(`downloading, ${megabytes(bytes)}${total ? ` of ${megabytes(total)}` : ""} MB`);
  });
}
