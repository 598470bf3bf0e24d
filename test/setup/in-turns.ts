/** Runs `work` on every item, at most `atOnce` side by side, and answers the results in the items' order. */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item, position: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const turn = async (): Promise<void> => {
    while (next < items.length) {
      const position = next;
      next += 1;
      results[position] = await work(items[position] as Item, position);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, turn));
  return results;
}
