/** Of 100 values, so many percent are at most this one. */
export function quantile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? 0;
}
