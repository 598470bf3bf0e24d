import { DatabaseRefusedError } from './faults';

/** The name that a shard's database goes by, and the installation that it belongs to. */
export interface ShardIdentity {
  readonly name: string;
  readonly clusterId: string;
}

/**
 * A database keeps the name it was first used under, so that a swapped address is refused instead of written to.
 *
 * @throws DatabaseRefusedError
 */
export function assertIdentity(taken: ShardIdentity, found: ShardIdentity): void {
  if (found.name === taken.name && found.clusterId === taken.clusterId) return;
  throw new DatabaseRefusedError(
    'SHARD_IDENTITY_MISMATCH',
    `the database configured as shard "${taken.name}" of this directory calls itself "${found.name}"` +
      (found.clusterId === taken.clusterId ? '' : ' and belongs to another directory'),
  );
}
