import { isManifestTextName, type Texts } from "./text";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { UserError } from "../../kubernetes/errors";
import type { Problem } from "../../kubernetes/problem";
import { chartFilesBelow, readPackedChart, readChartFolder } from "./chart";
import { isArchiveName } from "./archive";

/**
 * A file, a chart (its folder or its archive), or every manifest of another folder, in the order of their names.
 *
 * @param hint what is said where it cannot be read
 */
export function readTexts(given: string, hint: Omit<Problem, "what">): Texts {
  try {
    if (!statSync(given).isDirectory()) {
      return isArchiveName(given) ? readPackedChart(given) : textsOfManifests([given]);
    }
    if (existsSync(join(given, "Chart.yaml"))) return readChartFolder(given);
    return textsOfManifests(namesIn(given).map((name) => join(given, name)));
  } catch (error) {
    const { code, path = given } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new UserError({ what: `${path}: cannot be read (${code})`, ...hint });
  }
}

function textsOfManifests(files: readonly string[]): Texts {
  return { texts: files.map((file) => ({ name: file, file, text: readFileSync(file, "utf8") })), unrendered: [] };
}

/** Of a chart's crds/ the folders in it count, too, since Helm installs what is there. */
function namesIn(folder: string): string[] {
  const whole = resolve(folder);
  if (basename(whole) === "crds" && existsSync(join(whole, "..", "Chart.yaml"))) {
    return chartFilesBelow(join(whole, ".."), "crds")
      .map((path) => path.slice("crds/".length))
      .filter(isManifestTextName)
      .sort();
  }
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => !entry.isDirectory());
  return entries
    .map(({ name }) => name)
    .filter(isManifestTextName)
    .sort();
}
