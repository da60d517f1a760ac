import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";

export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
}

/** One short name for everything a build depends on: the bytes of its input files, and the facts that are not in a file. */
export function digestOf(files: string[], facts: string[]): string {
  const hash = createHash("sha256");
  for (const file of files)
    hash.update(`${basename(file)}\0`).update(createHash("sha256").update(readFileSync(file)).digest("hex"));
  for (const fact of facts) hash.update(`\0${fact}`);
  return hash.digest("hex").slice(0, 16);
}
