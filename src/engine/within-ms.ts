import { ShardUnavailableError } from '../shards/faults';
import type { Surroundings } from '../shards/surroundings';

/** A reason of our own: making one each time costs more than the wait. */
const ANSWERED = 'answered';

/** What a shard answers, or `ShardUnavailableError` once a time is over; the late answer is dropped. */
export async function withinMs<T>(
  sleep: Surroundings['sleep'],
  wait: { readonly msMax: number; readonly shard: string },
  answer: Promise<T>,
): Promise<T> {
  const answered = new AbortController();
  const late = sleep(wait.msMax, answered.signal).then(() => {
    if (answered.signal.aborted) return answer;
    throw new ShardUnavailableError(wait.shard, `it did not answer within ${wait.msMax} ms`);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    // Nobody looks at what comes too late.
    late.catch(() => undefined);
    answered.abort(ANSWERED);
  }
}

/** Waits for some work, and goes on without it once a time is over. Rejects as the work does until then. */
export async function atMostMs(
  sleep: Surroundings['sleep'],
  msMax: number,
  work: Promise<unknown>,
): Promise<void> {
  const ended = new AbortController();
  try {
    await Promise.race([work, sleep(msMax, ended.signal)]);
  } finally {
    ended.abort(ANSWERED);
  }
}
