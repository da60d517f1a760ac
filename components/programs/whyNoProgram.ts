import type { Problem } from "../kubernetes/problem";

/** Why this is no program with its arguments; undefined where it is one. */
export function whyNoProgram(argv: unknown, where: string): Problem | undefined {
  if (Array.isArray(argv) && argv.length > 0 && argv.every((arg) => typeof arg === "string") && argv[0] !== "") {
    const at = argv.findIndex((arg) => arg.includes("\0"));
    if (at < 0) return undefined;
    return {
      what: `${where}[${at}] holds a NUL character (\\0)`,
      expected: "a text without one",
      why: "the system would cut the argument off there",
      next: "look where the text comes from: a file that is no text, or a value that ends with \\0",
    };
  }
  const found = typeof argv === "string" ? "one text" : Array.isArray(argv) ? `${argv.length} arguments` : typeof argv;
  return {
    what: `${where}: found ${found}`,
    expected: `a program and its arguments as a list of texts, e.g. ["cat", "/path"]: no shell reads it, unless you name one (["sh", "-c", "…"])`,
  };
}
