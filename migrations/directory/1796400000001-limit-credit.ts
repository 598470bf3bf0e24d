import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * Credit lines of accounts.
 *
 * - `credit_limit`: so much may the account be in debt for. NULL: for nothing.
 * - `credit_version` rises with every step of a change of the line; every step is a compare-and-set on it.
 * - `credit_round`: what the rows of each shard are being granted, or what is being taken back from them. NULL: nothing.
 * - `over_limit`: the account has used more than its limit, which was lowered, and its rows refuse debits.
 * - `credit_unsettled`: 1 until the rows have what the limit says, NULL otherwise, so that an index of them is small.
 */
export class LimitCredit1796400000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the directory is never taken back by a migration');
  }
}

const MYSQL = [
  `ALTER TABLE account
    ADD COLUMN credit_limit BIGINT NULL,
    ADD COLUMN credit_version INT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN credit_round TEXT CHARACTER SET ascii COLLATE ascii_bin NULL,
    ADD COLUMN over_limit TINYINT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN credit_unsettled TINYINT UNSIGNED NULL`,
  `ALTER TABLE account ADD KEY account_credit_unsettled (credit_unsettled, account_id)`,
];

const SQLITE = [
  `ALTER TABLE account ADD COLUMN credit_limit INTEGER`,
  `ALTER TABLE account ADD COLUMN credit_version INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE account ADD COLUMN credit_round TEXT`,
  `ALTER TABLE account ADD COLUMN over_limit INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE account ADD COLUMN credit_unsettled INTEGER`,
  `CREATE INDEX IF NOT EXISTS account_credit_unsettled ON account (credit_unsettled, account_id)
    WHERE credit_unsettled IS NOT NULL`,
];
