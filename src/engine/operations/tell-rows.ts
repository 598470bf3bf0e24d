import type { AccountWideCommand } from '../../ledger/command';
import { ShardUnavailableError } from '../../shards/faults';
import type { ShardSet } from '../shard-set';

/**
 * Sends a command to all rows of an account on some shards, in parallel, each through its lane.
 *
 * Rejects with `ShardUnavailableError`, naming one that did not take it, after all have answered.
 *
 * @returns of a status: the newest version that rows have beyond it, `undefined` when there is none
 */
export async function tellRows(
  shards: ShardSet,
  names: readonly string[],
  commandFor: (shard: string) => AccountWideCommand,
): Promise<number | undefined> {
  await shards.ensure(names);
  let newerVersion: number | undefined;
  const missing = await Promise.all(
    names.map(async (name) => {
      if (!shards.has(name)) return name;
      const outcome = await shards.lanes(name).submit(commandFor(name));
      if (outcome.kind !== 'settled') return name;
      if (outcome.newerVersion !== undefined)
        newerVersion = Math.max(newerVersion ?? 0, outcome.newerVersion);
      return undefined;
    }),
  );
  const [first] = missing.filter((name) => name !== undefined);
  if (first !== undefined)
    throw new ShardUnavailableError(first, 'its rows of the account could not be told');
  return newerVersion;
}
