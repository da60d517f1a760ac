/** `41,200`. */
export function formatCount(value: number): string {
  return value.toLocaleString("en-US");
}

/** `1 object`, `41,200 objects`. */
export function describeCount(number: number, noun: string): string {
  return `${formatCount(number)} ${noun}${number === 1 ? "" : "s"}`;
}
