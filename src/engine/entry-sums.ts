import { type ListedKind, signedAmount } from '../ledger/entry';
import type { KindSums } from '../ledger/running-sum';
import type { EntryStand, EntrySum, Shard } from '../shards/shard';

/** Which of an account's entries are summed up. */
export interface SummedEntries {
  readonly accountId: string;
  /** Inclusive. */
  readonly fromUs?: number | undefined;
  /** Exclusive. */
  readonly toUs?: number | undefined;
}

export type EntriesSummed =
  | { readonly kind: 'summed'; readonly sums: readonly EntrySum[] }
  /** There are more than one call may go through. The entries before this moment (µs) are not too many. */
  | { readonly kind: 'tooMany'; readonly countedToUs: number };

/** A quarter of an hour, in microseconds. */
export const QUARTER_US = 900_000_000;

/** What of a shard sums are made from. */
export type SummingShard = Pick<Shard, 'sumEntries'>;

/** Statements that one call sends to a shard; each sums 20,000 entries. */
export const SUM_STATEMENTS_MAX = 50;

/** Sums up an account's entries by kind and quarter of an hour: all shards side by side, each in statements of bounded size. */
export async function sumEntries(
  shards: readonly SummingShard[],
  asked: SummedEntries,
): Promise<EntriesSummed> {
  const parts = await Promise.all(shards.map((shard) => sumOn(shard, asked)));
  const stops = parts.flatMap(({ stoppedAtUs }) => (stoppedAtUs === undefined ? [] : [stoppedAtUs]));
  if (stops.length > 0) return { kind: 'tooMany', countedToUs: Math.min(...stops) };
  return { kind: 'summed', sums: together(parts.flatMap(({ sums }) => sums)) };
}

async function sumOn(
  shard: SummingShard,
  { accountId, fromUs, toUs }: SummedEntries,
): Promise<{ readonly sums: readonly EntrySum[]; readonly stoppedAtUs?: number }> {
  const sums: EntrySum[] = [];
  let after: EntryStand | undefined;
  for (let statements = 0; statements < SUM_STATEMENTS_MAX; statements += 1) {
    const found = await shard.sumEntries({
      accountId,
      ...(fromUs !== undefined && { fromUs }),
      ...(toUs !== undefined && { toUs }),
      ...(after && { after }),
    });
    sums.push(...found.sums);
    after = found.summedTo;
    if (!after) return { sums };
  }
  return { sums, ...(after && { stoppedAtUs: after.createdAtUs }) };
}

/** What entries changed the account's total by, in minor units. */
export function changeOf(sums: KindSums): bigint {
  return [...sums].reduce((sum, [kind, { amountMinor }]) => sum + signedAmount({ kind, amountMinor }), 0n);
}

/** How many entries sums are of. */
export function countOf(sums: KindSums): number {
  return [...sums.values()].reduce((sum, { count }) => sum + count, 0);
}

function together(sums: readonly EntrySum[]): EntrySum[] {
  const found = new Map<string, EntrySum>();
  for (const sum of sums) {
    const key = `${sum.quarter} ${sum.kind}`;
    const known = found.get(key);
    const { count = 0, amountMinor = 0n } = known ?? {};
    found.set(key, { ...sum, count: sum.count + count, amountMinor: sum.amountMinor + amountMinor });
  }
  return [...found.values()];
}

/** What the entries of a kind came to in a period. */
export interface PeriodSum {
  /** As `PeriodNames` names it; empty where all is one period. */
  readonly period: string;
  readonly kind: ListedKind;
  readonly count: number;
  readonly amountMinor: bigint;
}

/** Sums by the names of their periods, in the order of time and then of kinds. */
export function byPeriod(sums: readonly EntrySum[], nameOf: (quarter: number) => string): PeriodSum[] {
  const found = new Map<string, PeriodSum>();
  const inOrder = [...sums].sort((a, b) => a.quarter - b.quarter || (a.kind < b.kind ? -1 : 1));
  for (const { quarter, kind, count, amountMinor } of inOrder) {
    const period = nameOf(quarter);
    const key = `${period} ${kind}`;
    const known = found.get(key);
    found.set(key, {
      period,
      kind,
      count: count + (known?.count ?? 0),
      amountMinor: amountMinor + (known?.amountMinor ?? 0n),
    });
  }
  const periods = new Map([...found.values()].map(({ period }, rank) => [period, rank]));
  return [...found.values()].sort(
    (a, b) => (periods.get(a.period) ?? 0) - (periods.get(b.period) ?? 0) || (a.kind < b.kind ? -1 : 1),
  );
}
