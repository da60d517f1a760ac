const UNIT_SECONDS: Record<string, number> = { ns: 1e-9, us: 1e-6, µs: 1e-6, μs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };

/** Seconds of a duration as Go writes them (`3s`, `1m30s`, `500ms`); undefined: it is none. https://pkg.go.dev/time#ParseDuration */
export function goDurationSeconds(text: string): number | undefined {
  const sign = text.startsWith("-") ? -1 : 1;
  const rest = text.replace(/^[+-]/, "");
  if (rest === "0") return 0;
  const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;
  let seconds = 0;
  let at = 0;
  while (at < rest.length) {
    part.lastIndex = at;
    const found = part.exec(rest);
    if (found === null) return undefined;
    seconds += Number(found[1]) * (UNIT_SECONDS[found[2] ?? ""] ?? NaN);
    at = part.lastIndex;
  }
  return at === 0 ? undefined : sign * seconds;
}
