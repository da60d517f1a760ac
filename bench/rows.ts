/** One figure: the median of `runs`. */
export interface Row {
  case: string;
  subject: string;
  metric: string;
  unit: string;
  median: number;
  runs: number[];
}

export function row(of: Omit<Row, "median" | "runs">, runs: number[]): Row {
  const rounded = runs.map((run) => Number(run.toPrecision(4)));
  const sorted = [...rounded].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  const between = (upper + (sorted[middle - 1] ?? 0)) / 2;
  const median = sorted.length % 2 === 1 ? upper : Number(between.toPrecision(4));
  return { ...of, median, runs: rounded };
}

/** The rows for people: aligned, one a line. */
export function table(rows: Row[]): string {
  const cells = [
    ["case", "subject", "metric", "median", "unit", "runs"],
    ...rows.map((each) => [each.case, each.subject, each.metric, String(each.median), each.unit, each.runs.join(" ")]),
  ];
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((line) => (line[column] ?? "").length))) ?? [];
  return cells
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
