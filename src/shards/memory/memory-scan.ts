import type { Scan, ScannedPage } from '../ledger-scan';

/** A page of items in memory, as the statements would read it from an index. */
export function scanItems<
  Item extends { readonly accountId: string },
  Place extends { readonly accountId: string },
>(
  items: Iterable<Item>,
  place: (item: Item | Place) => readonly (string | number)[],
  { start, upToAccount, limit }: Scan<Place>,
): ScannedPage<Item> {
  const isBehind = (item: Item): boolean => {
    if ('fromAccount' in start) return item.accountId >= start.fromAccount;
    if ('behindAccount' in start) return item.accountId > start.behindAccount;
    return compare(place(item), place(start.after)) > 0;
  };
  const found = [...items]
    .filter((item) => isBehind(item) && (upToAccount === undefined || item.accountId <= upToAccount))
    .sort((a, b) => compare(place(a), place(b)));
  return { items: found.slice(0, limit), ended: found.length < limit };
}

function compare(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  const at = a.findIndex((value, position) => value !== b[position]);
  const [left, right] = [a[at], b[at]];
  return left === undefined || right === undefined ? 0 : left < right ? -1 : 1;
}
