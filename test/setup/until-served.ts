import { ShardContendedError, ShardUnavailableError } from '../../src/shards/faults';
import { eventually } from './eventually';

/**
 * Asks again, as a client does that was told to come again: a busy machine may keep a shard that nothing is wrong with
 * from answering in time. For tests about something else.
 */
export function untilServed<T>(ask: () => Promise<T>): Promise<T> {
  return eventually('an answer of a shard', async () => {
    try {
      return { answer: await ask() };
    } catch (error) {
      if (error instanceof ShardUnavailableError || error instanceof ShardContendedError) return undefined;
      throw error;
    }
  }).then(({ answer }) => answer);
}
