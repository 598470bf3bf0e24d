import { entryOf } from '../ledger/outside-change';
import type { Dialect } from '../shards/database';
import type { Bracket, DeductionWay } from '../shards/deduction-way';
import { plainDeduction } from './plain-deduction';
import { insertEntry } from './statements/insert-entry';
import { readRow } from './statements/read-row';
import { writeRow } from './statements/write-row';

/**
 * Locks: both tables, against everybody, readers too. InnoDB wants `autocommit = 0` around it, because LOCK TABLES would
 * end a transaction. The wait for it is no row lock's, so it has a bound of its own (seconds; the server's is a year).
 *
 * The server takes the tables in the order of their names, a lane takes them the other way round: whoever loses that
 * deadlock is told so (1213) and tries again.
 *
 * SQLite: an exclusive transaction. In WAL mode readers go on.
 */
const BRACKETS: Readonly<Record<Dialect, Bracket>> = {
  mysql: {
    begin: ['SET autocommit = 0, lock_wait_timeout = 2', 'LOCK TABLES entry WRITE, sub_account WRITE'],
    commit: ['COMMIT', 'UNLOCK TABLES', 'SET autocommit = 1'],
    rollback: ['ROLLBACK', 'UNLOCK TABLES', 'SET autocommit = 1'],
  },
  sqlite: { begin: ['BEGIN EXCLUSIVE'], commit: ['COMMIT'], rollback: ['ROLLBACK'] },
};

/** Locks the whole tables, reads, decides, writes: one deduction of all accounts on the shard at a time. */
export const tableLock: DeductionWay = {
  name: 'table-lock',
  brackets: BRACKETS,
  async carryOut(session, command) {
    const [row] = await session.begin([readRow(command, session.dialect)]);
    const deduction = row && plainDeduction(row, command);
    if (!deduction) return { kind: 'handOver' };
    const entry = entryOf('deduction', command, deduction.after, deduction.nowUs);
    await session.commit([insertEntry(entry), writeRow(deduction.after)]);
    return { kind: 'committed', entry };
  },
};
