import * as fs from "fs";
import { parseArgs } from "util";
import { conversion } from "./conversion";
import { curve } from "./curve";
import { kindness } from "./kindness";
import { peers, type PeersOptions } from "./peers";
import { preview } from "./preview";
import { rewrite } from "./rewrite";
import { rotation } from "./rotation";
import { table, type Row } from "./rows";
import { status } from "./status";

/** Each with its number of objects where none is given; `cases` are of `peers` and `curve`, `servers` of `peers` alone. */
const BENCHMARKS: Record<string, { run: (options: PeersOptions) => Promise<Row[]>; objects: number }> = {
  rewrite: { run: rewrite, objects: 10_000 },
  rotation: { run: rotation, objects: 10_000 },
  conversion: { run: conversion, objects: 10_000 },
  preview: { run: preview, objects: 10_000 },
  status: { run: status, objects: 1_000_000 },
  peers: { run: peers, objects: 20_000 },
  kindness: { run: kindness, objects: 10_000 },
  curve: { run: curve, objects: 200_000 },
};

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "string" },
      runs: { type: "string", default: "3" },
      objects: { type: "string" },
      cases: { type: "string" },
      servers: { type: "string" },
    },
  });
  const [name = ""] = positionals;
  const benchmark = BENCHMARKS[name];
  if (benchmark === undefined) {
    throw new Error(
      `benchmark is "${name}"; expected one of ${Object.keys(BENCHMARKS).join(", ")}: npm run bench -- rewrite [--json FILE]`,
    );
  }
  const { runs, objects = benchmark.objects, cases, servers } = values;
  const rows = await benchmark.run({
    runs: Number(runs),
    objects: Number(objects),
    ...(cases !== undefined && { cases: cases.split(",") }),
    ...(servers !== undefined && { servers: servers.split(",").map(Number) }),
  });
  console.log(`\n${table(rows)}`);
  if (values.json !== undefined) fs.writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
