import { readdirSync, readFileSync, statSync } from "fs";
import * as path from "path";
import { parseAllDocuments } from "yaml";
import { isCrd } from "../../crd/checks/isCrd";
import type { Definition } from "../../crd/definition";
import { UserError } from "../../kubernetes/errors";
import type { NextManifest } from "../../status/finding";

/**
 * Every CRD of a file or folder, by name, also one that the API server would refuse: that is the question.
 *
 * @throws UserError for what cannot be read, is no YAML or no CRD, and where there is none
 */
export function readNextManifests(given: string): Map<string, NextManifest> {
  const found = new Map<string, NextManifest>();
  for (const file of filesOf(given)) {
    for (const manifest of crdsOf(file)) {
      const { name } = manifest.metadata;
      const twice = found.get(name);
      if (twice !== undefined) {
        throw new UserError({ what: `${name} stands in ${twice.where} and in ${file}`, expected: "each CRD once" });
      }
      found.set(name, { where: file, manifest });
    }
  }
  if (found.size > 0) return found;
  throw new UserError({
    what: `${given}: holds no CustomResourceDefinition`,
    expected: "manifests of the next release, a file or a folder",
    next: "for a chart, the folder `crds` of what `helm pull --untar` wrote, or the output of `helm template --include-crds` in a file",
  });
}

function filesOf(given: string): string[] {
  try {
    if (!statSync(given).isDirectory()) return [given];
    return readdirSync(given, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(?:ya?ml|json)$/.test(name))
      .sort()
      .map((name) => path.join(given, name));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new UserError({ what: `${given}: cannot be read (${code})`, expected: "a file or a folder of manifests" });
  }
}

function crdsOf(file: string): Definition[] {
  return parseAllDocuments(readFileSync(file, "utf8"), { merge: true }).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new UserError(`${file}: not valid YAML: ${error.message.split("\n")[0] ?? ""}`);
    return itemsOf(document.toJS({ maxAliasCount: 2_000 })).map((item) => {
      const [problem] = isCrd(item);
      if (problem !== undefined) throw new UserError(`${file}: ${problem}`);
      return item as Definition;
    });
  });
}

/** `kubectl get crd -o yaml` writes one List. */
function itemsOf(document: unknown): unknown[] {
  const { kind, items } = (document ?? {}) as { kind?: unknown; items?: unknown[] };
  if (kind === "CustomResourceDefinition") return [document];
  return Array.isArray(items) ? items.flatMap(itemsOf) : [];
}
