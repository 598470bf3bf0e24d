import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * The feed of the directory: what happens to accounts apart from their entries.
 *
 * - `account.untold`: what has happened to the account and is not published yet, a line of JSON each. The statement that
 *   changes the account appends the line, so that there is no change without one. `account.events` numbers them.
 * - `directory_feed_log`: as `feed_log` of the shards; `changes` is the event itself.
 * - The index finds accounts with something to publish without going through the others. MySQL and MariaDB have no index
 *   over some rows only, so a column that is computed from `untold` is NULL where there is nothing.
 */
export class TellOfAccounts1795970000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the directory is never taken back by a migration');
  }
}

const MYSQL = [
  `ALTER TABLE account
    ADD COLUMN events BIGINT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN untold MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL`,
  `ALTER TABLE account
    ADD COLUMN is_untold TINYINT GENERATED ALWAYS AS (CASE WHEN untold IS NULL THEN NULL ELSE 1 END) VIRTUAL`,
  `ALTER TABLE account ADD KEY account_untold (is_untold, account_id), ALGORITHM=INPLACE, LOCK=NONE`,
  `CREATE TABLE IF NOT EXISTS directory_feed_log (
    place         BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    follows       BIGINT UNSIGNED NULL,
    feed_key      VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    created_at_us BIGINT UNSIGNED NOT NULL,
    changes       MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    UNIQUE KEY directory_feed_log_follows (follows)
  ) ENGINE=InnoDB`,
  `INSERT IGNORE INTO directory_feed_log (place, follows, feed_key, created_at_us, changes) VALUES (0, NULL, '0', 0, '')`,
];

const SQLITE = [
  `ALTER TABLE account ADD COLUMN events INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE account ADD COLUMN untold TEXT`,
  `CREATE INDEX IF NOT EXISTS account_untold ON account (account_id) WHERE untold IS NOT NULL`,
  `CREATE TABLE IF NOT EXISTS directory_feed_log (
    place         INTEGER NOT NULL PRIMARY KEY,
    follows       INTEGER UNIQUE,
    feed_key      TEXT NOT NULL,
    created_at_us INTEGER NOT NULL,
    changes       TEXT NOT NULL
  ) STRICT`,
  `INSERT OR IGNORE INTO directory_feed_log (place, follows, feed_key, created_at_us, changes) VALUES (0, NULL, '0', 0, '')`,
];
