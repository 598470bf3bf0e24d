import type { ListedKind } from './entry';

/** How many entries of a kind there are, and what they come to. */
export interface KindSum {
  readonly count: number;
  readonly amountMinor: bigint;
}

export type KindSums = ReadonlyMap<ListedKind, KindSum>;

/** What all entries of an account on one shard come to, up to and including one of them. */
export interface RunningSum {
  readonly accountId: string;
  /** The last entry that is among them. */
  readonly createdAtUs: number;
  readonly subAccount: number;
  readonly version: number;
  readonly sums: KindSums;
}

/** Adds what some entries of a kind come to. */
export function addTo(
  sums: Map<ListedKind, KindSum>,
  { kind, count, amountMinor }: KindSum & { readonly kind: ListedKind },
): void {
  const known = sums.get(kind);
  sums.set(kind, {
    count: count + (known?.count ?? 0),
    amountMinor: amountMinor + (known?.amountMinor ?? 0n),
  });
}

/** One text for the same sums: `credit 2 5000,deduction 31 310`, in the order of kinds. */
export function sumsText(sums: KindSums): string {
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, { count, amountMinor }]) => `${kind} ${count} ${amountMinor}`)
    .join(',');
}

/** Reads what `sumsText` has written. */
export function sumsIn(text: string): KindSums {
  const parts = text === '' ? [] : text.split(',');
  return new Map(
    parts.map((part) => {
      const [kind = '', count, amountMinor = ''] = part.split(' ');
      return [kind as ListedKind, { count: Number(count), amountMinor: BigInt(amountMinor) }];
    }),
  );
}
