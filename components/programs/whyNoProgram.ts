import type { Problem } from "../kubernetes/problem";

/** Why this is no program with its arguments; undefined where it is one. */
export function whyNoProgram(argv: unknown, where: string): Problem | undefined {
  if (Array.isArray(argv) && argv.length > 0 && argv.every((arg) => typeof arg === "string") && argv[0] !== "") {
    if (!argv.some((arg) => arg.includes("\0"))) return undefined;
    return { what: `${where}: an argument holds a NUL character`, expected: "none: it ends a text for the system" };
  }
  const found = typeof argv === "string" ? "one text" : Array.isArray(argv) ? `${argv.length} arguments` : typeof argv;
  return {
    what: `${where}: found ${found}`,
    expected: `a program and its arguments as a list of texts, e.g. ["cat", "/path"]: no shell reads it, unless you name one (["sh", "-c", "…"])`,
  };
}
