/** Each waits most of its time for requests in flight; what they ask goes through one budget. */
const AT_ONCE = 10;

/** So many at once, the results in the order of the items. */
export async function inBatches<T, R>(items: readonly T[], one: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of waiting) results[index] = await one(item);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
  return results;
}
