import type { RetryEvent } from './retries';
import type { Time } from './time';

export interface BackoffOptions {
  readonly pauseMsFirst: number;
  readonly pauseMsMax: number;
  /** Is told of every try after which another one follows. */
  readonly onRetry?: ((event: RetryEvent) => void) | undefined;
}

/**
 * How long to wait before the next try: anything up to a bound that doubles with every try ("full jitter", so that those
 * who failed together do not come back together), and never less than the service asked for.
 *
 * @param tries how many there were, at least 1
 */
export function pauseMs(
  tries: number,
  { pauseMsFirst, pauseMsMax }: BackoffOptions,
  random: Time['random'],
  retryAfterMs = 0,
): number {
  const bound = Math.min(pauseMsMax, pauseMsFirst * 2 ** Math.min(tries - 1, 30));
  return retryAfterMs + random() * bound;
}
