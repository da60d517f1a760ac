import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { readManifest } from "../../crd/manifest";
import { UsageError, type ExitCode, type Subcommand, type Terminal } from "../subcommand";
import { renderSchemaModule } from "./module";

const HELP = `usage: kubernetes-storage-migration schemas MANIFEST [--name CRD] [--out FILE.ts [--check]]

Writes the schemas of a CRD as a TypeScript module for defineConversion.

  --name CRD   metadata.name of the CRD, where the file holds several
  --out FILE   write there; without it, to standard output
  --check      write nothing: exit 1 where FILE is out of date

Exit code: 0 written or up to date, 1 out of date, 2 unusable input.`;

/** The schemas of a CRD as a TypeScript module. */
export const schemas: Subcommand = {
  name: "schemas",
  summary: "write a CRD's schemas as a TypeScript module for defineConversion",
  help: HELP,
  run: (args, terminal) => Promise.resolve(writeSchemas(args, terminal)),
};

function writeSchemas(args: string[], terminal: Terminal): ExitCode {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { name: { type: "string" }, out: { type: "string" }, check: { type: "boolean" } },
  });
  const [manifest] = positionals;
  if (manifest === undefined || positionals.length > 1) {
    throw new UsageError({ what: `${positionals.length} manifests are given`, expected: "one" });
  }
  if (values.check === true && values.out === undefined) {
    throw new UsageError({ what: "--check is given without --out", expected: "the file to compare with" });
  }
  const text = renderSchemaModule(readManifest(manifest, values.name), manifest);
  if (values.out === undefined) terminal.print(text);
  else if (values.check !== true) writeFileSync(values.out, text);
  else if (readFileSync(values.out, "utf8") !== text) {
    terminal.complain(`${values.out}: not what ${manifest} says; run the command again without --check`);
    return 1;
  }
  return 0;
}
