// bootstrap.mjs hands its own start on, so that the elapsed times of one `npm start` are one clock.
const started = Number(process.env["STORAGE_MIGRATION_STARTED"]) || Date.now();

/** One line for people, after the time since the start. */
export function say(text: string): void {
  console.log(`${elapsed()}  ${text}`);
}

export function elapsed(): string {
  return clock(Date.now() - started).padStart(8);
}

export function clock(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")} min`;
}
