import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * Indices by which work that was left unfinished is found without going through what is not looked for.
 *
 * - `transfer_undelivered` finds departures by the shard they go to, and there by account: millions that wait for one
 *   shard are not in the way of another's, nor of an account's. It takes the place of `transfer_pending`, so a transfer
 *   is written to as many indices as before.
 * - `hold_open` finds the open holds of one account by their keys, and so its leases among them.
 * - `sub_account_unused` names the row too, so that rows out of use are paged through without a sort: MySQL does not count
 *   the rest of a primary key as part of an index that has some of it already.
 *
 * MySQL and MariaDB build them while the tables are in use. Instances of the version before find their transfers by the
 * new index too, with a sort; on SQLite there are none.
 */
export class FindWhatIsLeft1764600000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the ledger is never taken back by a migration');
  }
}

const ONLINE = 'ALGORITHM=INPLACE, LOCK=NONE';

const MYSQL = [
  `ALTER TABLE transfer ADD KEY transfer_undelivered (pending, peer_shard, account_id, transfer_id), ${ONLINE}`,
  `ALTER TABLE transfer DROP KEY transfer_pending, ${ONLINE}`,
  `ALTER TABLE hold ADD KEY hold_open (account_id, state, hold_id), ${ONLINE}`,
  `ALTER TABLE sub_account ADD KEY sub_account_unused (state, account_id, idx), ${ONLINE}`,
  `ALTER TABLE sub_account DROP KEY sub_account_state, ${ONLINE}`,
];

const SQLITE = [
  `CREATE INDEX IF NOT EXISTS transfer_undelivered ON transfer (peer_shard, account_id, transfer_id) WHERE pending = 1`,
  `DROP INDEX IF EXISTS transfer_pending`,
  `CREATE INDEX IF NOT EXISTS hold_open ON hold (account_id, hold_id) WHERE state = 'held'`,
];
