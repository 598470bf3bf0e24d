import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * What changing an account while it is in use needs. All that routing depends on stands in the account's one row, so
 * that one statement moves it from one state to the next.
 *
 * - `reach`: every shard that any placement of the account ever named, announced ones included. NULL: those of `shards`.
 * - `past_placements`: JSON `[{shards, fencedAtUs}]`, the placements whose idempotency window is open.
 * - `next_placement`: JSON `{epoch, shards, subAccounts}`, announced and not active yet.
 * - `operation` numbers the changes of size or placement, `operation_id` is the one under way.
 * - `closing_from`: while an account is being closed, the status it goes back to if it turns out not to be empty.
 * - `operation`: jobs, their steps and what they came to. `lease`: who does what only one instance should do.
 * - `shard.url`: of shards registered while the service runs. It holds a password where the database wants one.
 */
export class ChangePlacements1764100000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the directory is never taken back by a migration');
  }
}

const MYSQL = [
  `ALTER TABLE account
    ADD COLUMN reach TEXT CHARACTER SET ascii COLLATE ascii_bin NULL,
    ADD COLUMN past_placements MEDIUMTEXT CHARACTER SET ascii COLLATE ascii_bin NULL,
    ADD COLUMN next_placement TEXT CHARACTER SET ascii COLLATE ascii_bin NULL,
    ADD COLUMN operation BIGINT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN operation_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
    ADD COLUMN closing_from VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NULL`,
  `ALTER TABLE shard ADD COLUMN url TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL`,
  `CREATE TABLE IF NOT EXISTS operation (
    operation_id    CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    kind            VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    account_id      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
    status          ENUM('running', 'done', 'failed') NOT NULL,
    step            VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    plan            MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    progress_done   BIGINT UNSIGNED NOT NULL DEFAULT 0,
    progress_total  BIGINT UNSIGNED NOT NULL DEFAULT 0,
    result          MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    error           TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    runner          CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
    runner_until_us BIGINT UNSIGNED NOT NULL DEFAULT 0,
    created_at_us   BIGINT UNSIGNED NOT NULL,
    KEY operation_unfinished (step, runner_until_us),
    KEY operation_created (created_at_us)
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS lease (
    name     VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    owner    CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    until_us BIGINT UNSIGNED NOT NULL,
    KEY lease_until (until_us)
  ) ENGINE=InnoDB`,
];

const SQLITE = [
  `ALTER TABLE account ADD COLUMN reach TEXT`,
  `ALTER TABLE account ADD COLUMN past_placements TEXT`,
  `ALTER TABLE account ADD COLUMN next_placement TEXT`,
  `ALTER TABLE account ADD COLUMN operation INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE account ADD COLUMN operation_id TEXT`,
  `ALTER TABLE account ADD COLUMN closing_from TEXT`,
  `ALTER TABLE shard ADD COLUMN url TEXT`,
  `CREATE TABLE IF NOT EXISTS operation (
    operation_id    TEXT NOT NULL PRIMARY KEY,
    kind            TEXT NOT NULL,
    account_id      TEXT,
    status          TEXT NOT NULL CHECK (status IN ('running', 'done', 'failed')),
    step            TEXT NOT NULL,
    plan            TEXT NOT NULL,
    progress_done   INTEGER NOT NULL DEFAULT 0,
    progress_total  INTEGER NOT NULL DEFAULT 0,
    result          TEXT,
    error           TEXT,
    runner          TEXT,
    runner_until_us INTEGER NOT NULL DEFAULT 0,
    created_at_us   INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
  `CREATE INDEX IF NOT EXISTS operation_unfinished ON operation (runner_until_us) WHERE step <> 'ended'`,
  `CREATE INDEX IF NOT EXISTS operation_created ON operation (created_at_us)`,
  `CREATE TABLE IF NOT EXISTS lease (
    name     TEXT NOT NULL PRIMARY KEY,
    owner    TEXT NOT NULL,
    until_us INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
  `CREATE INDEX IF NOT EXISTS lease_until ON lease (until_us)`,
];
