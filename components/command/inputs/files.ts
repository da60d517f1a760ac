import type { Texts } from "../../crd/sources/text";
import { readTexts } from "../../crd/sources/readTexts";

/** A file, a chart, or every manifest of a folder. */
export function readFiles(given: string): Texts {
  return readTexts(given, {
    expected: "a file, a folder or a chart, - for standard input, git:REF:PATH or live:",
    why: `paths are relative to ${process.cwd()}`,
  });
}
