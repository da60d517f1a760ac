import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join, relative } from "node:path";
import { withLock } from "../lock";
import { say } from "../say";
import { sha256OfFile } from "./digest";

/** What the cache keeps: a folder of files made from inputs that `key` names. */
export interface Recipe {
  /** for people, in file names */
  name: string;
  /** changes whenever the result should */
  key: string;
  make(folder: string): Promise<void>;
}

export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  return (
    env["STORAGE_MIGRATION_CACHE"] ||
    join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "pulumi-kubernetes-storage-migration")
  );
}

/** The folder of a recipe: from the cache when every byte of it is what was put there, else made now, once, whoever else asks for it at the same time. */
export async function cached(recipe: Recipe, root = cacheRoot()): Promise<string> {
  const folder = join(root, `${recipe.name}-${recipe.key}`);
  if ((await damage(folder)) === undefined) return folder;
  return withLock(join(root, `${recipe.name}.lock`), () => make(recipe, root, folder), say);
}

/** The folder of a recipe if it is there and whole, without making it. */
export async function cachedAlready(
  recipe: Pick<Recipe, "name" | "key">,
  root = cacheRoot(),
): Promise<string | undefined> {
  const folder = join(root, `${recipe.name}-${recipe.key}`);
  return (await damage(folder)) === undefined ? folder : undefined;
}

async function make(recipe: Recipe, root: string, folder: string): Promise<string> {
  const found = await damage(folder);
  if (found === undefined) return folder;
  if (found !== "absent") say(`${folder} is damaged (${found}): making it again`);
  for (const left of readdirSync(root))
    if (left.startsWith(`.making-${recipe.name}-`)) rmSync(join(root, left), { recursive: true, force: true });
  const making = mkdtempSync(join(root, `.making-${recipe.name}-`));
  try {
    await recipe.make(making);
    writeFileSync(join(making, manifestName), JSON.stringify(await digests(making), null, 2));
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(root, { recursive: true });
    renameSync(making, folder);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return folder;
}

const manifestName = "sha256.json";

/** What is wrong with a cached folder, in words; undefined when nothing is. */
export async function damage(folder: string): Promise<string | undefined> {
  let expected: Record<string, string>;
  try {
    expected = JSON.parse(readFileSync(join(folder, manifestName), "utf8")) as Record<string, string>;
  } catch {
    return statSync(folder, { throwIfNoEntry: false }) ? `${manifestName} is missing or unreadable` : "absent";
  }
  for (const [file, digest] of Object.entries(expected)) {
    const found = await sha256OfFile(join(folder, file)).catch(() => "no file");
    if (found !== digest)
      return `${file}: expected sha256 ${digest.slice(0, 12)}…, found ${found === "no file" ? found : `${found.slice(0, 12)}…`}`;
  }
  return undefined;
}

async function digests(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    found[relative(folder, file)] = await sha256OfFile(file);
  }
  return found;
}
