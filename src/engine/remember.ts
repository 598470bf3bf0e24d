/** Puts a value in as the newest of a map that keeps no more than so many, and forgets the oldest. */
export function remember<Value>(known: Map<string, Value>, key: string, value: Value, sizeMax: number): void {
  known.delete(key);
  known.set(key, value);
  if (known.size <= sizeMax) return;
  const [oldest] = known.keys();
  if (oldest !== undefined) known.delete(oldest);
}
