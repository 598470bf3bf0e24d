import { DatabaseRefusedError } from './faults';

/** The name that a shard's database goes by, and the installation that it belongs to. */
export interface ShardIdentity {
  readonly name: string;
  readonly clusterId: string;
  /** Made with the identity, so that no other database has it. `null` in one that was identified before there were any. */
  readonly incarnation: string | null;
}

/** What the directory has for a shard whose database nobody has seen yet. */
export const NEVER_IDENTIFIED = '';
/** What it has for one that was identified before databases had an incarnation. */
export const IDENTIFIED_BEFORE = 'unknown';

/** What the directory knows of the shards' databases. Methods reject when the directory cannot be asked. */
export interface KnownShards {
  /** The incarnation of a shard's database, or one of the two above; `undefined` for a shard that is not registered. */
  incarnationOf(name: string): Promise<string | undefined>;
  /** @returns false when it is not `from` any more */
  record(name: string, from: string, to: string): Promise<boolean>;
  /** Whether the shard was begun anew without this database. */
  isLost(name: string, incarnation: string): Promise<boolean>;
  /** Told why a shard's database is refused while the service runs, and that it is not, with `undefined`. */
  refused(name: string, error: DatabaseRefusedError | undefined): void;
}

/** For a shard that stands alone, without a directory. */
export const NOTHING_KNOWN: KnownShards = {
  incarnationOf: () => Promise.resolve(undefined),
  record: () => Promise.resolve(true),
  isLost: () => Promise.resolve(false),
  refused: () => undefined,
};

/**
 * A database keeps the name it was first used under, so that a swapped address is refused instead of written to.
 *
 * @throws DatabaseRefusedError
 */
export function assertIdentity(
  taken: Omit<ShardIdentity, 'incarnation'> & { readonly address?: string | undefined },
  found: Omit<ShardIdentity, 'incarnation'>,
): void {
  if (found.name === taken.name && found.clusterId === taken.clusterId) return;
  throw new DatabaseRefusedError(
    'SHARD_IDENTITY_MISMATCH',
    `the database of ${shardAt(taken)} calls itself "${found.name}"` +
      (found.clusterId === taken.clusterId
        ? ''
        : ' and belongs to another directory. The directory is in the database that HOTSPLIT_DIRECTORY names, else in the first of HOTSPLIT_SHARDS'),
  );
}

/** A shard as messages name it, with the address of its database where that is known. */
export function shardAt({
  name,
  address,
}: {
  readonly name: string;
  readonly address?: string | undefined;
}): string {
  return `shard "${name}"${address === undefined ? '' : ` at ${address}`}`;
}
