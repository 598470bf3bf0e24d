import { ShardUnavailableError } from '../shards/faults';
import type { ListingShard } from './merged-entries';
import { settleEntries } from './settled-entries';

/** What is needed to read what an account was at an instant. */
export interface PastReader<S extends ListingShard> {
  /** The account's reach, as its rows know it when asked. */
  readonly reach: () => Promise<readonly S[]>;
  /** The clocks (µs) of the other shards, of those that answer: the account may yet move there. */
  readonly otherClocksUs: (reach: readonly string[]) => Promise<readonly number[]>;
  readonly sleep: (ms: number) => Promise<void>;
}

export interface SettledReach<S> {
  readonly shards: readonly S[];
  /** Before this moment (µs) no entry of the account can appear any more, neither on these shards nor where it moves next. */
  readonly untilUs: number;
}

const TRIES_MAX = 10;

/**
 * The account's reach, and up to when its past is settled.
 *
 * The reach is read again behind the barrier: entries on a shard that came to it meanwhile would not be waited for. The clocks of
 * the other shards count too, because a shard that is behind would write below the moment once the account has moved there.
 *
 * Rejects with `ShardUnavailableError` when a shard of the reach cannot be read.
 */
export async function settleReach<S extends ListingShard>(
  { reach, otherClocksUs, sleep }: PastReader<S>,
  accountId: string,
): Promise<SettledReach<S>> {
  let shards = await reach();
  for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
    const read = shards;
    const clocksUs = () => otherClocksUs(read.map(({ name }) => name));
    const { untilUs } = await settleEntries({ shards: read, sleep, clocksUs }, accountId);
    shards = await reach();
    if (isSame(read, shards)) return { shards, untilUs };
  }
  throw new ShardUnavailableError(shards[0]?.name ?? '', 'the account’s placement is changing');
}

function isSame(a: readonly ListingShard[], b: readonly ListingShard[]): boolean {
  return a.length === b.length && a.every(({ name }) => b.some((other) => other.name === name));
}
