import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * Budgets of accounts, and what they may spend in the periods in which they were used.
 *
 * - `budget` keeps those that were deleted: their ids are not used again, and what hangs on them is counted on with their parents.
 * - `allowance` has a row for each period of a budget in which anything was asked for. `granted` is the limit that was decided last,
 *   `step` numbers the decisions, and `pending` lists those of which it is not known that the shards have them (JSON).
 */
export class KeepBudgets1796400000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the ledger is never taken back by a migration');
  }
}

const MYSQL = [
  `CREATE TABLE IF NOT EXISTS budget (
    account_id     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    budget_id      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    cap            BIGINT NOT NULL,
    period         VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    time_zone      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    parent         VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
    depth          TINYINT UNSIGNED NOT NULL,
    is_deleted     TINYINT UNSIGNED NOT NULL,
    created_at_us  BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (account_id, budget_id)
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS allowance (
    allowance_id    VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    account_id      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    budget_id       VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    period_start_us BIGINT UNSIGNED NOT NULL,
    period_end_us   BIGINT UNSIGNED NULL,
    granted         BIGINT NOT NULL,
    step            INT UNSIGNED NOT NULL,
    pending         TEXT CHARACTER SET ascii COLLATE ascii_bin NULL,
    revision        INT UNSIGNED NOT NULL,
    is_deleted      TINYINT UNSIGNED NOT NULL,
    PRIMARY KEY (allowance_id),
    KEY allowance_period (account_id, budget_id, period_start_us)
  ) ENGINE=InnoDB`,
];

const SQLITE = [
  `CREATE TABLE IF NOT EXISTS budget (
    account_id     TEXT NOT NULL,
    budget_id      TEXT NOT NULL,
    cap            INTEGER NOT NULL,
    period         TEXT NOT NULL,
    time_zone      TEXT NOT NULL,
    parent         TEXT,
    depth          INTEGER NOT NULL,
    is_deleted     INTEGER NOT NULL,
    created_at_us  INTEGER NOT NULL,
    PRIMARY KEY (account_id, budget_id)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS allowance (
    allowance_id    TEXT NOT NULL,
    account_id      TEXT NOT NULL,
    budget_id       TEXT NOT NULL,
    period_start_us INTEGER NOT NULL,
    period_end_us   INTEGER,
    granted         INTEGER NOT NULL,
    step            INTEGER NOT NULL,
    pending         TEXT,
    revision        INTEGER NOT NULL,
    is_deleted      INTEGER NOT NULL,
    PRIMARY KEY (allowance_id)
  ) STRICT, WITHOUT ROWID`,
  `CREATE INDEX IF NOT EXISTS allowance_period ON allowance (account_id, budget_id, period_start_us)`,
];
