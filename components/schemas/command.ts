#!/usr/bin/env node
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { readManifest } from "../crd/manifest";
import { schemaModule } from "./module";

const USAGE = `usage: pulumi-kubernetes-storage-migration-schemas MANIFEST [--name CRD] [--out FILE.ts [--check]]
writes the schemas of a CRD as a TypeScript module for defineConversion; --check fails where FILE.ts is out of date`;

/** @returns the exit code */
export function main(args: string[], print: (text: string) => void, complain: (text: string) => void): number {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { name: { type: "string" }, out: { type: "string" }, check: { type: "boolean" } },
    });
    const [manifest] = positionals;
    if (manifest === undefined || positionals.length > 1 || (values.check && values.out === undefined)) {
      complain(USAGE);
      return 2;
    }
    const text = schemaModule(readManifest(manifest, values.name), manifest);
    if (values.out === undefined) print(text);
    else if (values.check !== true) writeFileSync(values.out, text);
    else if (readFileSync(values.out, "utf8") !== text) {
      complain(`${values.out}: not what ${manifest} says; run the command again without --check`);
      return 1;
    }
    return 0;
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    return 2;
  }
}

if (require.main === module) {
  process.exitCode = main(
    process.argv.slice(2),
    (text) => void process.stdout.write(text),
    (text) => void process.stderr.write(`${text}\n`),
  );
}
