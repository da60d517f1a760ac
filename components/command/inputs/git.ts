import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Text, type Texts, isManifestTextName } from "../../crd/sources/text";
import { UserError } from "../../kubernetes/errors";
import { UsageError } from "../subcommand";

const run = promisify(execFile);

const MAX_BYTES = 256 * 1024 * 1024;

/**
 * `git:REF:PATH`: a file, or a folder's manifests, as the current folder's repository has them at REF; undefined where the path
 * is new since then.
 */
export async function readGit(given: string): Promise<Texts | undefined> {
  const [, ref = "", path = ""] = /^git:([^:]*):(.*)$/s.exec(given) ?? [];
  if (ref === "" || ref.startsWith("-") || path === "") {
    throw new UsageError({ what: `${given}: not git:REF:PATH`, expected: "for example git:main:crds/databases.yaml" });
  }
  await expectRepository(given);
  await expectRef(given, ref);
  const object = `${ref}:${path.replace(/(?<=.)\/+$/, "").replace(/^\.$/, "./")}`;
  const type = await typeOf(given, object);
  if (type === undefined) return undefined;
  if (type !== "tree") return { texts: [await show(object, path)], unrendered: [] };
  const entries = await git("ls-tree", "-z", "--full-tree", object);
  const names = entries.split("\0").flatMap((entry) => /^\d+ blob \w+\t(.+)$/s.exec(entry)?.[1] ?? []);
  const texts: Text[] = [];
  for (const name of names.filter(isManifestTextName)) {
    texts.push(await show(`${object.replace(/\/$/, "")}/${name}`, `${path}/${name}`));
  }
  return { texts, unrendered: [] };
}

async function show(object: string, path: string): Promise<Text> {
  const file = path.replace(/^\.\//, "").replace(/\/+/g, "/");
  return { name: `git:${object}`, file, text: await git("show", object) };
}

async function expectRepository(given: string): Promise<void> {
  try {
    await git("rev-parse", "--git-dir");
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new UserError({
      what: `${given}: ${isMissing ? "git is not installed, or not on the PATH" : saidBy(error)}`,
      expected: `a git repository in ${process.cwd()}`,
      next: isMissing ? "install git, or give a file" : "run the command in the repository, or give a file",
    });
  }
}

async function expectRef(given: string, ref: string): Promise<void> {
  try {
    await git("rev-parse", "--verify", "--quiet", `${ref}^{tree}`);
  } catch {
    throw new UserError({
      what: `${given}: the repository has no ${ref}`,
      expected: "a branch, a tag or a commit",
      why: "a pipeline often fetches the newest commit alone",
      next: "see `git branch -a`; fetch it, in GitHub Actions by `fetch-depth: 0` of actions/checkout",
    });
  }
}

/** `blob` for a file, `tree` for a folder; undefined for a path that the working tree has and REF has not. */
async function typeOf(given: string, object: string): Promise<string | undefined> {
  try {
    return (await git("cat-file", "-t", object)).trim();
  } catch (error) {
    if (/exists on disk, but not in/.test(saidBy(error))) return undefined;
    throw new UserError({
      what: `${given}: ${saidBy(error)}`,
      expected: "a path from the top of the repository, or one that begins with ./",
      next: `see \`git ls-tree -r --full-tree --name-only ${object.slice(0, object.indexOf(":"))}\``,
    });
  }
}

async function git(...args: string[]): Promise<string> {
  const { stdout } = await run("git", args, { maxBuffer: MAX_BYTES, env: { ...process.env, LC_ALL: "C" } });
  return stdout;
}

/** The first line of what git says, without its `fatal:`. */
function saidBy(error: unknown): string {
  const { stderr = "" } = error as { stderr?: string };
  return (stderr.trim().split("\n")[0] ?? "").replace(/^fatal: /, "") || String(error);
}
