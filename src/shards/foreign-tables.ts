import { DatabaseRefusedError } from './faults';

/** Whoever has one of these has been a database of an installation before. */
const MIGRATIONS_TABLES = ['shard_migrations', 'directory_migrations'];
/** Made before the migrations where the database is on a cluster; an installation may have died between the two. */
const MARK_TABLES = ['writer_mark', 'writer_slot'];
const NAMED_MAX = 3;

/** Stands in a database from the first until the last step of a restore. */
export const UNFINISHED_RESTORE = 'restore_unfinished';

/**
 * A database for hotsplit holds nothing else: its tables have plain names, and money does not live in a schema that
 * something else may change. One that was named by a slip of the pen stays as it is.
 *
 * @throws DatabaseRefusedError `DATABASE_NOT_EMPTY`; `RESTORE_UNFINISHED` for one that a restore has not filled to its end
 */
export function refuseForeignTables(database: string, tables: readonly string[]): void {
  if (tables.includes(UNFINISHED_RESTORE))
    throw new DatabaseRefusedError(
      'RESTORE_UNFINISHED',
      `a restore of ${database} did not end: run hotsplit restore again`,
    );
  const foreign = tables.filter((table) => !MARK_TABLES.includes(table));
  if (foreign.length === 0 || MIGRATIONS_TABLES.some((ours) => tables.includes(ours))) return;
  const named = foreign.sort().slice(0, NAMED_MAX).join(', ');
  throw new DatabaseRefusedError(
    'DATABASE_NOT_EMPTY',
    `${database} holds tables of something else (${named}${foreign.length > NAMED_MAX ? ', …' : ''})`,
  );
}
