import type { MigrationInterface, QueryRunner } from 'typeorm';
import { runStatements } from '../dialect';

/**
 * The feed of a shard.
 *
 * - `feed` has a row for each transaction that wrote something to tell of, until that is published. Its ids are given while
 *   the sub-accounts are locked, and are never used again, whatever is deleted.
 * - `feed_log` has those rows with their places. `follows` is the place of the row before: two publishers that have both seen
 *   the same last row cannot both append. A row at place 0 stands before the first, so that there is always one to follow.
 *
 * Both tables are new: nothing that exists is touched, and builds of the version before go on beside them.
 */
export class KeepAFeed1795970000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await runStatements(queryRunner, { mysql: MYSQL, sqlite: SQLITE });
  }

  down(): Promise<void> {
    throw new Error('the ledger is never taken back by a migration');
  }
}

const MYSQL = [
  `CREATE TABLE IF NOT EXISTS feed (
    feed_id       BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    created_at_us BIGINT UNSIGNED NOT NULL,
    changes       MEDIUMTEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL
  ) ENGINE=InnoDB`,
  `CREATE TABLE IF NOT EXISTS feed_log (
    place         BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    follows       BIGINT UNSIGNED NULL,
    feed_key      VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    created_at_us BIGINT UNSIGNED NOT NULL,
    changes       MEDIUMTEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    UNIQUE KEY feed_log_follows (follows)
  ) ENGINE=InnoDB`,
  `INSERT IGNORE INTO feed_log (place, follows, feed_key, created_at_us, changes) VALUES (0, NULL, '0', 0, '[[],[]]')`,
];

const SQLITE = [
  `CREATE TABLE IF NOT EXISTS feed (
    feed_id       INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at_us INTEGER NOT NULL,
    changes       TEXT NOT NULL
  ) STRICT`,
  `CREATE TABLE IF NOT EXISTS feed_log (
    place         INTEGER NOT NULL PRIMARY KEY,
    follows       INTEGER UNIQUE,
    feed_key      TEXT NOT NULL,
    created_at_us INTEGER NOT NULL,
    changes       TEXT NOT NULL
  ) STRICT`,
  `INSERT OR IGNORE INTO feed_log (place, follows, feed_key, created_at_us, changes) VALUES (0, NULL, '0', 0, '[[],[]]')`,
];
