import * as fs from "fs";
import * as path from "path";
import { create } from "tar";

/** A chart's folder of these files, by their paths in it. */
export function chartFolder(parent: string, chart: string, files: Record<string, string>): string {
  const folder = path.join(parent, chart);
  const all = { "Chart.yaml": `apiVersion: v2\nname: ${chart}\nversion: 1.0.0\n`, ...files };
  for (const [name, text] of Object.entries(all)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

/** The same as `helm package` writes it. */
export function chartArchive(folder: string): string {
  const file = `${folder}-1.0.0.tgz`;
  create({ file, gzip: true, sync: true, cwd: path.dirname(folder) }, [path.basename(folder)]);
  return file;
}
