import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * Holds and reversals.
 *
 * - `entry.kind` gets the kinds that come with them; `hold` is the mark that keeps a hold's key.
 * - `hold` has what is set aside, and in which row. `version` and `settled_version` are the versions that taking and
 *   settling it made of that row, so that `held` can be checked against a row's snapshot while holds come and go. The
 *   index on (state, expires_at_us) finds those whose time is over.
 * - `reversal` counts what has come back of each deduction, one row for each reversal: written once, numbered, so that two
 *   that were decided side by side collide.
 */
export class HoldAndReverse1764200000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the ledger is never taken back by a migration');
  }
}

const MYSQL = [
  `ALTER TABLE entry MODIFY kind ENUM('deduction', 'credit', 'reversal', 'hold-confirmation', 'hold') NOT NULL`,
  `CREATE TABLE IF NOT EXISTS hold (
    account_id      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    hold_id         VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    sub_account     SMALLINT UNSIGNED NOT NULL,
    amount          BIGINT NOT NULL,
    confirmed       BIGINT NOT NULL DEFAULT 0,
    state           ENUM('held', 'confirmed', 'cancelled', 'expired') NOT NULL,
    expires_at_us   BIGINT UNSIGNED NOT NULL,
    version         BIGINT UNSIGNED NOT NULL,
    settled_version BIGINT UNSIGNED NULL,
    fingerprint     BINARY(16) NOT NULL,
    reference       VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    metadata        TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    created_at_us   BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (account_id, hold_id),
    KEY hold_expiry (state, expires_at_us),
    CONSTRAINT hold_amount_not_negative CHECK (amount >= 0),
    CONSTRAINT hold_confirmed_within CHECK (confirmed >= 0 AND confirmed <= amount)
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS reversal (
    account_id  VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    request_id  VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    number      INT UNSIGNED NOT NULL,
    reversed    BIGINT NOT NULL,
    sub_account SMALLINT UNSIGNED NOT NULL,
    version     BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (account_id, request_id, number),
    CONSTRAINT reversal_reversed_positive CHECK (reversed > 0)
  ) ENGINE=InnoDB`,
];

const SQLITE = [
  `CREATE TABLE IF NOT EXISTS hold (
    account_id      TEXT NOT NULL,
    hold_id         TEXT NOT NULL,
    sub_account     INTEGER NOT NULL,
    amount          INTEGER NOT NULL CHECK (amount >= 0),
    confirmed       INTEGER NOT NULL DEFAULT 0 CHECK (confirmed >= 0 AND confirmed <= amount),
    state           TEXT NOT NULL CHECK (state IN ('held', 'confirmed', 'cancelled', 'expired')),
    expires_at_us   INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    settled_version INTEGER,
    fingerprint     BLOB NOT NULL,
    reference       TEXT,
    metadata        TEXT,
    created_at_us   INTEGER NOT NULL,
    PRIMARY KEY (account_id, hold_id)
  ) STRICT, WITHOUT ROWID`,
  `CREATE INDEX IF NOT EXISTS hold_expiry ON hold (expires_at_us) WHERE state = 'held'`,
  `CREATE TABLE IF NOT EXISTS reversal (
    account_id  TEXT NOT NULL,
    request_id  TEXT NOT NULL,
    number      INTEGER NOT NULL,
    reversed    INTEGER NOT NULL CHECK (reversed > 0),
    sub_account INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    PRIMARY KEY (account_id, request_id, number)
  ) STRICT, WITHOUT ROWID`,
];
