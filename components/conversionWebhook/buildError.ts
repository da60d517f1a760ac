import type { BuildFailure } from "esbuild";

/** What esbuild found first, as one line. */
export function buildError(error: unknown): string | undefined {
  const [first] = (error as Partial<BuildFailure>).errors ?? [];
  if (first === undefined) return undefined;
  return `${first.location === null ? "" : `${first.location.file}:${first.location.line}: `}${first.text}`;
}
