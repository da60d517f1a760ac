import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { textOf, type JsonObject } from "./resources";

/** The objects that `yaml.ConfigFile`, `ConfigGroup` and `helm.v3.Chart` ask the plugin for; undefined for any other function. */
export function manifestsOf(token: string, args: JsonObject): JsonObject[] | undefined {
  if (token === "kubernetes:yaml:decode") return decoded(textOf(args["text"]));
  if (token === "kubernetes:helm:template") return templates(textOf(args["jsonOpts"]));
  return undefined;
}

/** A chart in a folder, whose templates are plain manifests: there is no template engine here. */
function templates(jsonOpts: string): JsonObject[] {
  const folder = join((JSON.parse(jsonOpts) as { path: string }).path, "templates");
  return readdirSync(folder).flatMap((name) => {
    const text = readFileSync(join(folder, name), "utf8");
    if (text.includes("{{")) throw new Error(`${name}: the stand-in for the kubernetes plugin has no template engine`);
    return decoded(text);
  });
}

function decoded(text: string): JsonObject[] {
  const documents = parseAllDocuments(text).map((document) => document.toJS() as JsonObject | null);
  return documents.filter((document) => document !== null);
}
