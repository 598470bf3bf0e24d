import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * The intake: deductions that were received to be charged later.
 *
 * - The primary key guards a key's first attempt, which is inserted without any lock. Later changes are made under the lock
 *   of the sub-account in `sub_account`.
 * - `since_us` is since when a record has its state, so that the one index on (state, since_us) finds what waits, the oldest
 *   first, and what ended long ago.
 */
export class ReceiveDeductions1767000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the ledger is never taken back by a migration');
  }
}

const MYSQL = [
  `CREATE TABLE IF NOT EXISTS intake (
    account_id     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    request_id     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    attempt        INT UNSIGNED NOT NULL,
    state          ENUM('received', 'succeeded', 'rejected', 'moved') NOT NULL,
    amount         BIGINT NOT NULL,
    sub_account    SMALLINT UNSIGNED NOT NULL,
    fingerprint    BINARY(16) NOT NULL,
    reference      VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    metadata       TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    received_at_us BIGINT UNSIGNED NOT NULL,
    since_us       BIGINT UNSIGNED NOT NULL,
    reason         VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
    PRIMARY KEY (account_id, request_id),
    KEY intake_state (state, since_us, account_id, request_id),
    CONSTRAINT intake_amount_positive CHECK (amount > 0)
  ) ENGINE=InnoDB`,
];

const SQLITE = [
  `CREATE TABLE IF NOT EXISTS intake (
    account_id     TEXT NOT NULL,
    request_id     TEXT NOT NULL,
    attempt        INTEGER NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('received', 'succeeded', 'rejected', 'moved')),
    amount         INTEGER NOT NULL CHECK (amount > 0),
    sub_account    INTEGER NOT NULL,
    fingerprint    BLOB NOT NULL,
    reference      TEXT,
    metadata       TEXT,
    received_at_us INTEGER NOT NULL,
    since_us       INTEGER NOT NULL,
    reason         TEXT,
    PRIMARY KEY (account_id, request_id)
  ) STRICT, WITHOUT ROWID`,
  `CREATE INDEX IF NOT EXISTS intake_state ON intake (state, since_us, account_id, request_id)`,
];
