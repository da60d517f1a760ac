/** `1 CRD`, `2 CRDs` */
export function describeCount(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
