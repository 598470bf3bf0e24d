import { DirectoryUnavailableError } from '../../src/shards/directory/directory-database';
import { ShardContendedError, ShardUnavailableError } from '../../src/shards/faults';
import { eventually } from './eventually';

/**
 * Asks again, as a client does that was told to come again: a busy machine may keep a shard or the directory, with which
 * nothing is wrong, from answering in time. For tests about something else.
 */
export function untilServed<T>(ask: () => Promise<T>): Promise<T> {
  return eventually('an answer of a shard', async () => {
    try {
      return { answer: await ask() };
    } catch (error) {
      if (isTurnedAway(error)) return undefined;
      throw error;
    }
  }).then(({ answer }) => answer);
}

/** Whether an error asks to come again. */
export function isTurnedAway(error: unknown): boolean {
  return (
    error instanceof ShardUnavailableError ||
    error instanceof ShardContendedError ||
    error instanceof DirectoryUnavailableError
  );
}
