import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../kubernetes/errors";
import { newBudget, readArchive, type Budget } from "./archive";
import type { Text, Texts } from "./text";

/** Paths from the chart's top. Charts that it depends on are below charts/, as folders or archives; Helm leaves out `_` and `.`. */
const BELOW = String.raw`^(?:charts/[^/_.][^/]*/)*`;
/** Helm installs every manifest below crds/: https://helm.sh/docs/chart_best_practices/custom_resource_definitions/ */
const CRD = new RegExp(`${BELOW}crds/.+\\.(?:ya?ml|json)$`);
const TEMPLATE = new RegExp(`${BELOW}templates/.+\\.(?:ya?ml|tpl|json)$`);
const DEPENDENCY = new RegExp(`${BELOW}charts/[^/_.][^/]*\\.tgz$`);

const isOfInterest = (path: string): boolean =>
  path === "Chart.yaml" || [CRD, TEMPLATE, DEPENDENCY].some((pattern) => pattern.test(path));

/** The CRDs that Helm would install of this archive, with those of the charts that it depends on. */
export function readPackedChart(file: string): Texts {
  return ofArchive(readFileSync(file), file, newBudget());
}

/** The same of a chart's folder. */
export function readChartFolder(folder: string): Texts {
  const names = ["crds", "templates", "charts"].flatMap((top) => chartFilesBelow(folder, top)).filter(isOfInterest);
  return ofFiles(new Map(names.map((name) => [name, readFileSync(join(folder, name))])), newBudget(), (path) => ({
    name: join(folder, path),
    file: join(folder, path),
  }));
}

/** Every file below a folder of the chart, through links as Helm goes, by its path from the chart's top; none without that folder. */
export function chartFilesBelow(folder: string, top: string): string[] {
  if (!existsSync(join(folder, top))) return [];
  return readdirSync(join(folder, top)).flatMap((name) => {
    const path = `${top}/${name}`;
    return statSync(join(folder, path)).isDirectory() ? chartFilesBelow(folder, path) : [path];
  });
}

function ofArchive(bytes: Buffer, name: string, budget: Budget): Texts {
  const inside = (path: string): string => path.replace(/^(?:\.\/)?[^/]+\//, "");
  const read = readArchive(bytes, name, budget, (path) => isOfInterest(inside(path)));
  const files = new Map([...read].map(([path, content]) => [inside(path), content]));
  if (!files.has("Chart.yaml")) {
    throw new UserError({
      what: `${name}: not a chart: there is no Chart.yaml in it`,
      expected: "an archive as `helm pull` or `helm package` writes it",
      next: "unpack it and give the folder in which the manifests stand",
    });
  }
  return ofFiles(files, budget, (path) => ({ name: `${name}:${path}` }));
}

function ofFiles(files: Map<string, Buffer>, budget: Budget, named: (path: string) => Omit<Text, "text">): Texts {
  const paths = [...files.keys()].sort();
  const textOf = (path: string): string => files.get(path)?.toString("utf8") ?? "";
  const texts = paths.filter((path) => CRD.test(path)).map((path) => ({ ...named(path), text: textOf(path) }));
  const unrendered = paths.filter(
    (path) => TEMPLATE.test(path) && /^\s*kind:\s*["']?CustomResourceDefinition\b/m.test(textOf(path)),
  );
  const others = paths
    .filter((path) => DEPENDENCY.test(path))
    .map((path) => ofArchive(files.get(path) ?? Buffer.alloc(0), named(path).name, budget));
  return {
    texts: [...texts, ...others.flatMap((each) => each.texts)],
    unrendered: [...unrendered.map((path) => named(path).name), ...others.flatMap((each) => each.unrendered)],
  };
}
