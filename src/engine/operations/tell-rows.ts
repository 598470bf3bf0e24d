import type { AccountWideCommand } from '../../ledger/command';
import { ShardUnavailableError } from '../../shards/faults';
import type { ShardSet } from '../shard-set';

/**
 * Sends a command to all rows of an account on some shards, in parallel, each through its lane.
 *
 * Rejects with `ShardUnavailableError`, naming one that did not take it, after all have answered.
 */
export async function tellRows(
  shards: ShardSet,
  names: readonly string[],
  commandFor: (shard: string) => AccountWideCommand,
): Promise<void> {
  await shards.ensure(names);
  const missing = await Promise.all(
    names.map(async (name) => {
      if (!shards.has(name)) return name;
      const outcome = await shards.lanes(name).submit(commandFor(name));
      return outcome.kind === 'settled' ? undefined : name;
    }),
  );
  const [first] = missing.filter((name) => name !== undefined);
  if (first !== undefined)
    throw new ShardUnavailableError(first, 'its rows of the account could not be told');
}
