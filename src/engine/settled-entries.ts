import type { EntryReader, ListingShard } from './merged-entries';

/** How long a reader waits for a database clock that is behind another one. */
const CLOCK_WAIT_MS_MAX = 1_000;

/** Moments before which nothing can appear any more, and the newest entry that is committed. */
export interface SettledEntries {
  /** Of all shards together: the earliest of their moments. */
  readonly untilUs: number;
  /** Of each shard by itself. */
  readonly untilUsOf: ReadonlyMap<string, number>;
  /** False where an entry is committed that is later than the moment of all shards: a clock is ahead, or was. */
  readonly isComplete: boolean;
}

/** Clocks (µs) that count as those of the account's shards do. */
interface ClocksToo {
  readonly clocksUs?: () => Promise<readonly number[]>;
}

const noClocks = (): Promise<readonly number[]> => Promise.resolve([]);

/**
 * Waits for the transactions that are changing the account, and reads each shard's clock behind them. An entry that is committed
 * already and later than the earliest clock was written by a clock that is ahead: a clock that is behind is waited for a little.
 */
export async function settleEntries(
  { shards, sleep, clocksUs = noClocks }: EntryReader & ClocksToo,
  accountId: string,
): Promise<SettledEntries> {
  const newestUs = Math.max(...(await Promise.all(shards.map((shard) => shard.newestEntryUs(accountId)))));
  let untilUsOf = await settledUntil(shards, accountId);
  let untilUs = Math.min(...untilUsOf.values(), ...(await clocksUs()));
  const behindMs = (newestUs - untilUs) / 1_000;
  if (behindMs >= 0 && behindMs < CLOCK_WAIT_MS_MAX) {
    await sleep(behindMs + 1);
    untilUsOf = await settledUntil(shards, accountId);
    untilUs = Math.min(...untilUsOf.values(), ...(await clocksUs()));
  }
  return { untilUs, untilUsOf, isComplete: newestUs < untilUs };
}

async function settledUntil(
  shards: readonly ListingShard[],
  accountId: string,
): Promise<Map<string, number>> {
  return new Map(
    await Promise.all(
      shards.map(async (shard) => [shard.name, await shard.settledUntilUs(accountId)] as const),
    ),
  );
}
