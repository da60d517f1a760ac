import { gunzipSync } from "node:zlib";
import type * as tar from "tar";
import { UserError } from "../../kubernetes/errors";

/** Helm's own limits for a chart: https://pkg.go.dev/helm.sh/helm/v3/pkg/chart/loader#pkg-variables */
const MAX_BYTES = 100 * 1024 * 1024;
const MAX_FILE_BYTES = 5 * 1024 * 1024;

/** What is left of the limit, over an archive and the archives in it. */
export interface Budget {
  bytes: number;
}

export const newBudget = (): Budget => ({ bytes: MAX_BYTES });

/**
 * The files of a .tar.gz, by their paths in it. Nothing is written to disk, links are left out, and of a path that comes twice
 * the last one counts, as for tar.
 *
 * @param wanted which files are kept
 * @throws UserError for what is no such archive, is cut off, or unpacks to more than Helm would take
 */
export function readArchive(
  bytes: Buffer,
  name: string,
  budget: Budget,
  wanted: (path: string) => boolean,
): Map<string, Buffer> {
  const unpacked = unzip(bytes, name, budget);
  budget.bytes -= unpacked.length;
  const files = new Map<string, Buffer>();
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded for an archive alone, and read in one go
  const { Parser } = require("tar") as typeof tar;
  let trouble = startsLikeGzip(unpacked) ? "an archive in an archive" : undefined;
  const parser = new Parser({
    strict: true,
    onReadEntry(entry) {
      const isWanted = /File$/.test(entry.type) && wanted(entry.path);
      if (isWanted && entry.size > MAX_FILE_BYTES) trouble ??= `${entry.path} has ${entry.size} bytes`;
      if (!isWanted || trouble !== undefined) return void entry.resume();
      const chunks: Buffer[] = [];
      entry.on("data", (chunk: Buffer) => chunks.push(chunk));
      entry.on("end", () => files.set(entry.path, Buffer.concat(chunks)));
    },
  });
  parser.on("error", (error: Error) => (trouble ??= error.message));
  if (trouble === undefined) parser.end(unpacked);
  if (trouble !== undefined) throw broken(name, trouble);
  return files;
}

function unzip(bytes: Buffer, name: string, { bytes: maxOutputLength }: Budget): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: Math.max(maxOutputLength, 1) });
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    throw broken(name, isTooLarge ? `it unpacks to more than ${MAX_BYTES} bytes` : (error as Error).message);
  }
}

function startsLikeGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function broken(name: string, trouble: string): UserError {
  return new UserError({
    what: `${name}: not an archive that can be read: ${trouble}`,
    expected: "a chart as `helm pull` or `helm package` writes it: .tgz, up to 100 MiB unpacked, up to 5 MiB a file",
    next: "fetch it again, or unpack it and give the folder",
  });
}

export function isArchiveName(name: string): boolean {
  return /\.(?:tgz|tar\.gz)$/.test(name);
}
