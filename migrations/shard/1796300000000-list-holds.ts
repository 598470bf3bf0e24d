import type { MigrationInterface, QueryRunner } from 'typeorm';
import { HELD_NO_MORE } from '../../src/shards/statements/list-holds';
import { runStatements } from '../dialect';

/**
 * An index by which the settled holds of one account are listed, state by state. `hold_open` has those that stand; on MySQL and
 * MariaDB `hold_open` has every state. The index leaves out leases: one is settled with each flush, and no list shows it.
 */
export class ListHolds1796300000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: [], sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the ledger is never taken back by a migration');
  }
}

const SQLITE = [
  `CREATE INDEX IF NOT EXISTS hold_settled ON hold (account_id, state, hold_id) WHERE ${HELD_NO_MORE.join(' AND ')}`,
];
