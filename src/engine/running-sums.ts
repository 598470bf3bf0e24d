import type { ListedKind } from '../ledger/entry';
import { addTo, type KindSum, type KindSums, type RunningSum } from '../ledger/running-sum';
import type { EntryStand, Shard } from '../shards/shard';
import { SUM_STATEMENTS_MAX } from './entry-sums';

/** What of a shard running sums are made from. */
export type RunningShard = Pick<Shard, 'sumEntries' | 'findRunningSum' | 'keepRunningSum'>;

/** Which of an account's entries are summed up: those before a moment (µs). */
export interface SummedBefore {
  readonly accountId: string;
  readonly beforeUs: number;
  /** Up to when nothing can appear any more (µs). */
  readonly settledUs: number;
}

export type SumsBefore =
  | { readonly kind: 'summed'; readonly sums: KindSums }
  /** Not as many sums are kept yet as it needs; they are up to this moment (µs), and each call keeps more. */
  | { readonly kind: 'tooMany'; readonly countedToUs: number };

/**
 * Sums are kept of entries that are at least this much older than the earliest clock. A clock that was ahead by less, and is set
 * back, writes nothing below a sum that is kept.
 */
export const KEPT_BEHIND_US = 3_600_000_000;

/**
 * What all entries before a moment come to, by kind, on all shards: the newest running sum before it, and the entries since.
 *
 * A running sum is kept with each full statement, so the same entries are never gone through again: what a question costs depends
 * neither on the account's age nor on how often it is used. Kept sums decide nothing about money; what is not there is made again.
 */
export async function sumsBefore(shards: readonly RunningShard[], asked: SummedBefore): Promise<SumsBefore> {
  const parts = await Promise.all(shards.map((shard) => sumsOn(shard, asked)));
  const stops = parts.flatMap(({ stoppedAtUs }) => (stoppedAtUs === undefined ? [] : [stoppedAtUs]));
  if (stops.length > 0) return { kind: 'tooMany', countedToUs: Math.min(...stops) };
  const sums = new Map<ListedKind, KindSum>();
  for (const part of parts) for (const [kind, sum] of part.sums) addTo(sums, { kind, ...sum });
  return { kind: 'summed', sums };
}

async function sumsOn(
  shard: RunningShard,
  { accountId, beforeUs, settledUs }: SummedBefore,
): Promise<{ readonly sums: KindSums; readonly stoppedAtUs?: number }> {
  const known = await shard.findRunningSum(accountId, beforeUs);
  const sums = new Map(known?.sums);
  let after: EntryStand | undefined = known;
  for (let statements = 0; statements < SUM_STATEMENTS_MAX; statements += 1) {
    const found = await shard.sumEntries({ accountId, toUs: beforeUs, ...(after && { after }) });
    for (const sum of found.sums) addTo(sums, sum);
    after = found.summedTo;
    if (!after) return { sums };
    if (after.createdAtUs < settledUs - KEPT_BEHIND_US)
      await keep(shard, { ...standOf(after), accountId, sums: new Map(sums) });
  }
  return { sums, ...(after && { stoppedAtUs: after.createdAtUs }) };
}

/** A sum that could not be kept is made again by whoever needs it next. */
async function keep(shard: RunningShard, sum: RunningSum): Promise<void> {
  await shard.keepRunningSum(sum).catch(() => undefined);
}

function standOf({ createdAtUs, subAccount, version }: EntryStand): EntryStand {
  return { createdAtUs, subAccount, version };
}
