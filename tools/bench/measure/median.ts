/** The middle value; of an even number of values, the lower of the two in the middle, so that it is one that was seen. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

/** The element whose value is the median. */
export function medianBy<T>(items: readonly T[], value: (item: T) => number): T | undefined {
  const middle = median(items.map(value));
  return items.find((item) => value(item) === middle);
}
