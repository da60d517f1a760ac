/** One JSON object a line, on standard output. No object's body is ever in it: names and paths only. */
export function log(level: "info" | "error", message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
}
