import { changeOf } from './entry-sums';
import type { ListingShard } from './merged-entries';
import { type RunningShard, sumsBefore } from './running-sums';
import { type PastReader, settleReach } from './settled-reach';

export type BalanceAtRead =
  /** What the account had in all, held money included. */
  | { readonly kind: 'read'; readonly totalMinor: bigint }
  /** There are more entries before the instant than one call may sum up; before this moment (µs) there are not. */
  | { readonly kind: 'tooMany'; readonly countedToUs: number }
  /** Entries before the instant may still be written; before this moment (µs) none can. */
  | { readonly kind: 'unsettled'; readonly settledUs: number };

/**
 * What an account had at an instant (µs) of the one order of its entries: the sum of those before it, on every shard that the account
 * ever used. What it answers once, it answers for good.
 *
 * Rejects with `ShardUnavailableError` when a shard of the account's reach cannot be read.
 */
export async function readBalanceAt(
  reader: PastReader<ListingShard & RunningShard>,
  accountId: string,
  atUs: number,
): Promise<BalanceAtRead> {
  const { shards, untilUs } = await settleReach(reader, accountId);
  if (atUs > untilUs) return { kind: 'unsettled', settledUs: untilUs };
  const before = await sumsBefore(shards, { accountId, beforeUs: atUs, settledUs: untilUs });
  return before.kind === 'tooMany' ? before : { kind: 'read', totalMinor: changeOf(before.sums) };
}
