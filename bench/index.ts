import * as fs from "fs";
import { parseArgs } from "util";
import { conversion } from "./conversion";
import { preview } from "./preview";
import { rewrite } from "./rewrite";
import { rotation } from "./rotation";
import { table, type Row } from "./rows";

const BENCHMARKS: Record<string, (options: { runs: number; objects: number }) => Promise<Row[]>> = {
  rewrite,
  rotation,
  conversion,
  preview,
};

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "string" },
      runs: { type: "string", default: "3" },
      objects: { type: "string", default: "10000" },
    },
  });
  const [name = ""] = positionals;
  const benchmark = BENCHMARKS[name];
  if (benchmark === undefined) {
    throw new Error(
      `benchmark is "${name}"; expected one of ${Object.keys(BENCHMARKS).join(", ")}: npm run bench -- rewrite [--json FILE]`,
    );
  }
  const rows = await benchmark({ runs: Number(values.runs), objects: Number(values.objects) });
  console.log(`\n${table(rows)}`);
  if (values.json !== undefined) fs.writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
