import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * Payments from one account to another.
 *
 * - `entry` gets the kinds of their entries and, in `counterparty`, the other account. Both are changes of the table's description
 *   alone: no row is touched.
 * - `payment` has what has left an account and is not known yet to have arrived or come back: written with the debit, and deleted
 *   when that is known. The index finds what is due for one shard, the oldest first.
 */
export class PayOtherAccounts1796000000500 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the ledger is never taken back by a migration');
  }
}

const KINDS = `'deduction', 'credit', 'reversal', 'hold-confirmation', 'hold', 'transfer-out', 'transfer-in', 'transfer-return',
      'transfer-refused'`;

const MYSQL = [
  `ALTER TABLE entry MODIFY kind ENUM(${KINDS}) NOT NULL`,
  `ALTER TABLE entry ADD COLUMN counterparty VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL, ALGORITHM=INSTANT`,
  `CREATE TABLE IF NOT EXISTS payment (
    account_id     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    request_id     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    sub_account    SMALLINT UNSIGNED NOT NULL,
    amount         BIGINT NOT NULL,
    fingerprint    BINARY(16) NOT NULL,
    reference      VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    metadata       TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    created_at_us  BIGINT UNSIGNED NOT NULL,
    to_account     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    to_shard       VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    to_sub_account SMALLINT UNSIGNED NOT NULL,
    PRIMARY KEY (account_id, request_id),
    KEY payment_due (to_shard, created_at_us, account_id, request_id),
    CONSTRAINT payment_amount_positive CHECK (amount > 0)
  ) ENGINE=InnoDB`,
];

const SQLITE = [
  `ALTER TABLE entry ADD COLUMN counterparty TEXT`,
  `CREATE TABLE IF NOT EXISTS payment (
    account_id     TEXT NOT NULL,
    request_id     TEXT NOT NULL,
    sub_account    INTEGER NOT NULL,
    amount         INTEGER NOT NULL CHECK (amount > 0),
    fingerprint    BLOB NOT NULL,
    reference      TEXT,
    metadata       TEXT,
    created_at_us  INTEGER NOT NULL,
    to_account     TEXT NOT NULL,
    to_shard       TEXT NOT NULL,
    to_sub_account INTEGER NOT NULL,
    PRIMARY KEY (account_id, request_id)
  ) STRICT, WITHOUT ROWID`,
  `CREATE INDEX IF NOT EXISTS payment_due ON payment (to_shard, created_at_us, account_id, request_id)`,
];
