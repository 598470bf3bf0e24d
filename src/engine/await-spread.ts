import type { Departure } from '../ledger/transfer';
import type { Surroundings } from '../shards/surroundings';
import type { EngineObserver } from './observer';
import type { Transfers } from './transfers';
import { atMostMs } from './within-ms';

/** How long money that was spread waits for its shares to arrive before it is answered; they arrive in any case. */
export const SPREAD_WAIT_MS_MAX = 2_000;

export interface SpreadParts {
  readonly transfers: Pick<Transfers, 'forward'>;
  readonly observer: Pick<EngineObserver, 'deferred'>;
  readonly sleep: Surroundings['sleep'];
}

/**
 * What came to an account is durable already; waiting only lets the next deduction find the money wherever its home is. A
 * shard that does not take its share must not hold up the answer for longer.
 */
export async function awaitSpread(
  { transfers, observer, sleep }: SpreadParts,
  fromShard: string,
  departures: readonly Departure[],
): Promise<void> {
  const forwarding = transfers.forward(fromShard, departures).catch((error: unknown) => {
    observer.deferred(`transfers that left ${fromShard}`, error);
  });
  await atMostMs(sleep, SPREAD_WAIT_MS_MAX, forwarding);
}
