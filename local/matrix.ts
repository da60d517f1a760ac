import { readFileSync } from "node:fs";
import { checkout } from "./checkout";
import { rowsOf, runRow, tally, type Manifest } from "./matrixRows";
import { say } from "./say";

/**
 * `npm run test:matrix`: what depends on versions, with each of them. A release runs it; `npm test` has the newest control plane and the SDK of
 * package-lock.json. Names of rows as arguments run those alone.
 */
async function main(wanted: string[]): Promise<void> {
  const all = rowsOf(JSON.parse(readFileSync(checkout("package.json"), "utf8")) as Manifest);
  const unknown = wanted.find((name) => !all.some((row) => row.name === name));
  if (unknown !== undefined)
    throw new Error(`found row "${unknown}"; expected one of ${all.map(({ name }) => name).join(", ")}`);
  let ended = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => (ended = true));
  const results = [];
  for (const row of all.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    if (ended) break; // the row under way was told, too
    say(`${row.name}: ${row.what}`);
    results.push({ row, output: await runRow(row) });
  }
  const { lines, failed } = tally(results);
  console.log(`\n${lines.join("\n")}`);
  process.exitCode = failed > 0 || ended ? 1 : 0;
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
