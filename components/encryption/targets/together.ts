import type { OpenTarget } from "./target";

/** What all targets hold, to the byte. */
export interface Held {
  text: string;
  /** Hex, of the bytes: what an API server reports as `sha256:…`. */
  sha256: string;
}

/** Which targets were written, and which held the text already; by name. */
export interface Written {
  written: string[];
  already: string[];
}

/** Reads every target. Throws a UserError when they do not hold the same bytes: which differ, and how, by structure and key names. */
export function readAll(_targets: readonly OpenTarget[]): Promise<Held> {
  throw new Error("not there yet");
}

/**
 * Writes `after` to every target that holds `before`, and reads it back. When one fails, those already written get `before` again, and the
 * error says which. A target that already holds `after` is left alone; one that holds neither is an error before anything is written.
 */
export function writeAll(_targets: readonly OpenTarget[], _before: string, _after: string): Promise<Written> {
  throw new Error("not there yet");
}

/** Runs the reload commands, one target after the other. */
export function reloadAll(_targets: readonly OpenTarget[]): Promise<void> {
  throw new Error("not there yet");
}
