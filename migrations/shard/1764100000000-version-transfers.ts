import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * What moving money between sub-accounts needs.
 *
 * - `from_version` and `to_version` are the versions that a transfer made of the rows it names on this shard (NULL where
 *   the row is another shard's). With them `moved` can be checked against a row's snapshot while money goes on moving:
 *   whatever has a later version is not in it yet.
 * - The index on `state` finds rows that are being emptied. A row's state changes with a resize and with nothing else,
 *   so deductions never touch it.
 */
export class VersionTransfers1764100000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the ledger is never taken back by a migration');
  }
}

const MYSQL = [
  `ALTER TABLE transfer ADD COLUMN from_version BIGINT UNSIGNED NULL, ADD COLUMN to_version BIGINT UNSIGNED NULL`,
  `ALTER TABLE sub_account ADD KEY sub_account_state (state, account_id)`,
];

const SQLITE = [
  `ALTER TABLE transfer ADD COLUMN from_version INTEGER`,
  `ALTER TABLE transfer ADD COLUMN to_version INTEGER`,
  `CREATE INDEX IF NOT EXISTS sub_account_draining ON sub_account (account_id) WHERE state = 'draining'`,
];
