import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../kubernetes/errors";
import type { Text } from "./texts";

/** What a folder of manifests is read for. */
export function isManifestName(name: string): boolean {
  return /\.(?:ya?ml|json)$/.test(name);
}

/** The file, or every manifest of the folder, in the order of their names. */
export function readFiles(given: string): Text[] {
  try {
    if (!statSync(given).isDirectory()) return [read(given)];
    const names = readdirSync(given, { withFileTypes: true }).filter((entry) => !entry.isDirectory());
    const manifests = names.map(({ name }) => name).filter(isManifestName);
    return manifests.sort().map((name) => read(join(given, name)));
  } catch (error) {
    const { code = String(error), path = given } = error as NodeJS.ErrnoException;
    throw new UserError({
      what: `${path}: cannot be read (${code})`,
      expected: "a file or a folder, - for standard input, git:REF:PATH or live:",
      why: `paths are relative to ${process.cwd()}`,
    });
  }
}

function read(file: string): Text {
  return { name: file, file, text: readFileSync(file, "utf8") };
}
